import { UnrollError, checkGiven } from '@unroll/backend';
import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import { type Tensor, concat, zeros } from '@unroll/tensor';
import { hiddenOf } from '../hidden-of.ts';
import { type Decoder, DecoderCell, type Encoded } from '../seq2seq/decoder.ts';
import type { AttentionDecoderOptions, AttentionState } from './attention-decoder.ts';
import type { AttentionScore } from './attention-score.ts';
import { type AttentionMemory, attend, emptyHistory, remember } from './memory.ts';
import { type Readout, contextReadout } from './readout.ts';

/** The state of the cell inside, where was looked, and the last output, [batch, outputSize]. */
export type LuongState<C extends State> = AttentionState<C> & { readonly output: Tensor };

export interface LuongDecoderOptions<C extends State> extends Omit<AttentionDecoderOptions<C>, 'cell'> {
  /** Features of x. */
  readonly inputSize: number;
  /** Reads x, or with input feeding [x; last output]. */
  readonly cell: RecurrentCell<C>;
  /** Whether the cell also reads what the decoder gave the step before, so that it knows where it looked. Default true. */
  readonly inputFeeding?: boolean;
}

/**
 * Adds attention to any cell, which looks after it steps (Luong, Pham & Manning 2015):
 *
 *     yₜ, sₜ = cell([xₜ; outputₜ₋₁], sₜ₋₁)                          input feeding; without: cell(xₜ, sₜ₋₁)
 *     a = softmax(score(hₜ, source)),   context = Σᵢ aᵢ sourceᵢ
 *     outputₜ = readout(yₜ, context, xₜ)                            in the paper tanh(W [context; y]): `TanhReadout`
 */
export class LuongDecoder<C extends State = State> implements Decoder<AttentionMemory, C, LuongState<C>> {
  readonly cell: RecurrentCell<C>;
  readonly score: AttentionScore;
  readonly readout: Readout;
  readonly inputFeeding: boolean;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #query: (state: C) => Tensor;

  /** @throws UnrollError SHAPE_MISMATCH if the cell does not read x and the last output, or the readout does not fit */
  constructor(options: LuongDecoderOptions<C>) {
    const { inputSize, cell, score, valueSize, readout = contextReadout } = options;
    const { query = hiddenOf, inputFeeding = true } = options;
    checkCell('LuongDecoder', cell);
    checkGiven('LuongDecoder', { inputSize, score, valueSize });
    this.cell = cell;
    this.score = score;
    this.readout = readout;
    this.inputFeeding = inputFeeding;
    this.inputSize = inputSize;
    this.outputSize = readout.outputSize({ y: cell.outputSize, context: valueSize, x: inputSize });
    const reads = inputFeeding ? inputSize + this.outputSize : inputSize;
    if (cell.inputSize !== reads) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `LuongDecoder: the cell reads ${cell.inputSize} features; with${inputFeeding ? '' : 'out'} input feeding it must be ${reads}` +
          `${inputFeeding ? `, ${inputSize} of x and ${this.outputSize} of the last output` : ''}.`,
      );
    }
    this.#query = query;
  }

  /** Prepares a source: ys [batch, source, valueSize] are keys and values. */
  remember({ ys, mask }: Omit<Encoded, 'final'>): AttentionMemory {
    return remember({ score: this.score, values: ys, mask });
  }

  over(memory: AttentionMemory): RecurrentCell<LuongState<C>> {
    return new DecoderCell(this, memory);
  }

  startFrom(state: C, memory: AttentionMemory): LuongState<C> {
    const { dtype, backend, shape } = memory.values;
    return { cell: state, ...emptyHistory(memory), output: zeros([shape[0]!, this.outputSize], { dtype, backend }) };
  }

  alignmentOf({ weights }: LuongState<C>): Tensor {
    return weights;
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  stepOver(
    memory: AttentionMemory,
    cell: RecurrentCell<C>,
    x: Tensor,
    state: LuongState<C>,
  ): readonly [y: Tensor, next: LuongState<C>] {
    const [y, next] = cell.step(this.inputFeeding ? concat([x, state.output], 1) : x, state.cell);
    const { weights, context } = attend({ score: this.score, memory, query: this.#query(next), history: state });
    const output = this.readout.read({ y, context, x });
    return [output, { cell: next, weights, coverage: state.coverage.add(weights), output }];
  }
}
