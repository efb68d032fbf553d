import { checkGiven } from '@unroll/backend';
import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import { type Tensor, concat } from '@unroll/tensor';
import { type Readout, contextReadout } from '../attention/readout.ts';
import { hiddenOf } from '../hidden-of.ts';
import { type Decoder, DecoderCell, type Encoded, inputSizeBeside } from './decoder.ts';

/** One vector for each source. */
export type ContextMemory = {
  /** [batch, contextSize] */
  readonly context: Tensor;
};

export interface FixedContextDecoderOptions<C extends State> {
  /** Reads [x; context]: its inputSize is that of x and contextSize together. */
  readonly cell: RecurrentCell<C>;
  readonly contextSize: number;
  /** The context of a source, [batch, contextSize]. Default: the hidden part of the encoder's final state, of both directions where there are two. */
  readonly context?: (source: Encoded) => Tensor;
  /** What the output is made of. Default `contextReadout`: [y; context]. */
  readonly readout?: Readout;
}

/**
 * A decoder that reads the same summary c of its source at each step (Cho et al. 2014):
 *
 *     yₜ, sₜ = cell([xₜ; c], sₜ₋₁),   output = readout(yₜ, c, xₜ)
 */
export class FixedContextDecoder<C extends State = State> implements Decoder<ContextMemory, C, C> {
  readonly cell: RecurrentCell<C>;
  readonly readout: Readout;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #context: (source: Encoded) => Tensor;

  /** @throws UnrollError SHAPE_MISMATCH if the cell has no room for the context, or the readout does not fit */
  constructor(options: FixedContextDecoderOptions<C>) {
    const { cell, contextSize, context = ({ final }) => hiddenOf(final), readout = contextReadout } = options;
    checkCell('FixedContextDecoder', cell);
    checkGiven('FixedContextDecoder', { contextSize });
    this.cell = cell;
    this.readout = readout;
    this.inputSize = inputSizeBeside('FixedContextDecoder', cell, contextSize);
    this.outputSize = readout.outputSize({ y: cell.outputSize, context: contextSize, x: this.inputSize });
    this.#context = context;
  }

  remember(source: Encoded): ContextMemory {
    return { context: this.#context(source) };
  }

  over(memory: ContextMemory): RecurrentCell<C> {
    return new DecoderCell(this, memory);
  }

  /** The state of the cell inside is all there is. */
  startFrom(state: C): C {
    return state;
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  stepOver({ context }: ContextMemory, cell: RecurrentCell<C>, x: Tensor, state: C): readonly [y: Tensor, next: C] {
    const [y, next] = cell.step(concat([x, context], 1), state);
    return [this.readout.read({ y, context, x }), next];
  }
}
