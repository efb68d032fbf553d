import { checkGiven } from '@unroll/backend';
import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import { type Tensor, concat } from '@unroll/tensor';
import { hiddenOf } from '../hidden-of.ts';
import { type Decoder, DecoderCell, type Encoded, inputSizeBeside } from '../seq2seq/decoder.ts';
import type { AttentionScore } from './attention-score.ts';
import { type AttentionMemory, attend, emptyHistory, remember } from './memory.ts';
import { type Readout, contextReadout } from './readout.ts';

/** The state of the cell inside, and where was looked: [batch, source] each. */
export type AttentionState<C extends State> = {
  readonly cell: C;
  /** The weights of the last step. */
  readonly weights: Tensor;
  /** The sum of the weights of all steps. */
  readonly coverage: Tensor;
};

export interface AttentionDecoderOptions<C extends State> {
  /** Reads [x; context]: its inputSize is that of x and valueSize together. */
  readonly cell: RecurrentCell<C>;
  readonly score: AttentionScore;
  /** Features of the source that is looked at. */
  readonly valueSize: number;
  /** What the output is made of. Default `contextReadout`: [y; context]. */
  readonly readout?: Readout;
  /** What asks, [batch, querySize], taken out of the state of the cell. Default `hiddenOf`. */
  readonly query?: (state: C) => Tensor;
}

/**
 * Adds attention to any cell, which looks before it steps (Bahdanau, Cho & Bengio 2015):
 *
 *     a = softmax(score(hₜ₋₁, source)),   context = Σᵢ aᵢ sourceᵢ
 *     yₜ, sₜ = cell([xₜ; context], sₜ₋₁),   output = readout(yₜ, context, xₜ)
 *
 *     const memory = decoder.remember({ ys, final, mask });
 *     const [outputs, last] = scan(decoder.over(memory), targets);
 */
export class AttentionDecoder<C extends State = State> implements Decoder<AttentionMemory, C, AttentionState<C>> {
  readonly cell: RecurrentCell<C>;
  readonly score: AttentionScore;
  readonly readout: Readout;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #query: (state: C) => Tensor;

  /** @throws UnrollError SHAPE_MISMATCH if the cell has no room for the context, or the readout does not fit */
  constructor({ cell, score, valueSize, readout = contextReadout, query = hiddenOf }: AttentionDecoderOptions<C>) {
    checkCell('AttentionDecoder', cell);
    checkGiven('AttentionDecoder', { score, valueSize });
    this.cell = cell;
    this.score = score;
    this.readout = readout;
    this.inputSize = inputSizeBeside('AttentionDecoder', cell, valueSize);
    this.outputSize = readout.outputSize({ y: cell.outputSize, context: valueSize, x: this.inputSize });
    this.#query = query;
  }

  /** Prepares a source: ys [batch, source, valueSize] are keys and values. */
  remember({ ys, mask }: Omit<Encoded, 'final'>): AttentionMemory {
    return remember({ score: this.score, values: ys, mask });
  }

  over(memory: AttentionMemory): RecurrentCell<AttentionState<C>> {
    return new DecoderCell(this, memory);
  }

  startFrom(state: C, memory: AttentionMemory): AttentionState<C> {
    return { cell: state, ...emptyHistory(memory) };
  }

  alignmentOf({ weights }: AttentionState<C>): Tensor {
    return weights;
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  stepOver(
    memory: AttentionMemory,
    cell: RecurrentCell<C>,
    x: Tensor,
    state: AttentionState<C>,
  ): readonly [y: Tensor, next: AttentionState<C>] {
    const { weights, context } = attend({ score: this.score, memory, query: this.#query(state.cell), history: state });
    const [y, next] = cell.step(concat([x, context], 1), state.cell);
    return [this.readout.read({ y, context, x }), { cell: next, weights, coverage: state.coverage.add(weights) }];
  }
}
