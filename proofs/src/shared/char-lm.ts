import { GruCell, LstmCell, type RecurrentCell, type State, VanillaCell, scan } from '@unroll/cells';
import { type StreamChunk, languageModelStreams, oneHot } from '@unroll/data';
import { Embedding, Linear, crossEntropy, crossEntropySum, uniform } from '@unroll/layers';
import { type Rng, type Tensor, keep, mapTensors, scope, tensorsOf } from '@unroll/tensor';
import type { LossContext, LossResult } from '@unroll/training';

export type CellKind = 'lstm' | 'gru' | 'rnn';

export interface CharLmOptions {
  readonly cell: CellKind;
  readonly symbols: number;
  /** 0: one-hot input. */
  readonly embedding: number;
  readonly hidden: number;
  readonly rng: Rng;
}

/** A character model of one layer that starts as PyTorch's layers do. */
export class CharLm {
  readonly symbols: number;
  readonly embedding: Embedding | undefined;
  readonly cell: RecurrentCell;
  readonly output: Linear;

  constructor({ cell, symbols, embedding, hidden, rng }: CharLmOptions) {
    this.symbols = symbols;
    this.embedding = embedding > 0 ? new Embedding({ count: symbols, size: embedding, rng }) : undefined;
    this.cell = makeCell(cell, embedding > 0 ? embedding : symbols, hidden, rng);
    this.output = new Linear({ inputSize: hidden, outputSize: symbols, rng });
  }

  /** Symbols int32 [batch, time] → logits [batch, time, symbols]. */
  forward(inputs: Tensor, state?: State): readonly [logits: Tensor, final: State] {
    const xs = this.embedding ? this.embedding.forward(inputs) : oneHot(inputs, this.symbols);
    const [ys, final] = scan(this.cell, xs, { state });
    return [this.output.forward(ys), final];
  }

  /** For `fit`. */
  readonly loss = ({ inputs, targets }: StreamChunk, { carry }: LossContext<State>): LossResult<State> => {
    const [logits, final] = this.forward(inputs, carry);
    return { loss: crossEntropy(logits, targets), carry: final };
  };

  /** Mean nats per symbol over `batch` streams through a text, from first to last with the state carried. */
  evaluate(text: Int32Array, batch: number, time: number): number {
    const streams = languageModelStreams(text, { batch, time, keepLast: true });
    let state: State | undefined;
    let total = 0;
    for (let position = 0; position < streams.chunksPerPass; position++) {
      const { sum, final } = scope(() => {
        const { inputs, targets } = streams.chunkAt(position);
        const [logits, final] = this.forward(inputs, state);
        return {
          sum: crossEntropySum(logits, targets).item(),
          final: mapTensors(final, (leaf) => keep(leaf.detach())),
        };
      });
      free(state);
      state = final;
      total += sum;
    }
    free(state);
    return total / (streams.streamLength * batch);
  }
}

function makeCell(kind: CellKind, inputSize: number, hiddenSize: number, rng: Rng): RecurrentCell {
  const options = { inputSize, hiddenSize, rng };
  if (kind === 'gru') return new GruCell(options);
  if (kind === 'rnn') return new VanillaCell(options);
  // PyTorch makes no exception for the forget gate.
  const usual = uniform(1 / Math.sqrt(hiddenSize));
  return new LstmCell({ ...options, initializers: { bias_ih: usual, bias_hh: usual } });
}

function free(state: State | undefined): void {
  if (state !== undefined) for (const leaf of tensorsOf(state)) leaf.dispose();
}
