import { UnrollError } from '@unroll/backend';
import { type Draw, type RecurrentCell, type State, drawnCell } from '@unroll/cells';
import { type Tensor, type TensorTree, tensorsOf } from '@unroll/tensor';

/** A source as its encoder leaves it. */
export interface Encoded {
  /** [batch, source, features] */
  readonly ys: Tensor;
  /** The state after the last live step. */
  readonly final: State;
  /** [batch, source]: 1 live, 0 padding. Default: all live. */
  readonly mask?: Tensor | undefined;
}

/**
 * A cell that is told of a source. What it keeps of the source is a value, its memory: tensors [batch, …], so that a search can gather
 * and repeat rows. Over a memory it is a recurrent cell like any other: `over(memory)` goes into `scan`, `Stream`, `explainScan`, wrappers.
 */
export interface Decoder<M extends TensorTree = TensorTree, C extends State = State, S extends State = State> {
  /** The cell inside, which reads x and what the decoder adds to it. */
  readonly cell: RecurrentCell<C>;
  /** Features of x. */
  readonly inputSize: number;
  /** Features of y. */
  readonly outputSize: number;
  /** What is kept of a source, computed once. */
  remember(source: Encoded): M;
  /** The state over a memory whose cell inside starts from `state`. */
  startFrom(state: C, memory: M): S;
  /** A step over a memory. `cell` is the one inside, with or without noise. x is [batch, inputSize], y is [batch, outputSize]. */
  stepOver(memory: M, cell: RecurrentCell<C>, x: Tensor, state: S): readonly [y: Tensor, next: S];
  /** The decoder as a cell that looks at this source. */
  over(memory: M): RecurrentCell<S>;
  /** Where the last step looked, [batch, source], taken out of a state. Left out where a decoder does not look. */
  alignmentOf?(state: S): Tensor;
}

/** A decoder bound to its source. */
export class DecoderCell<
  M extends TensorTree = TensorTree,
  C extends State = State,
  S extends State = State,
> implements RecurrentCell<S> {
  readonly decoder: Decoder<M, C, S>;
  readonly memory: M;
  readonly #cell: RecurrentCell<C>;

  constructor(decoder: Decoder<M, C, S>, memory: M, cell: RecurrentCell<C> = decoder.cell) {
    this.decoder = decoder;
    this.memory = memory;
    this.#cell = cell;
  }

  get inputSize(): number {
    return this.decoder.inputSize;
  }

  get outputSize(): number {
    return this.decoder.outputSize;
  }

  /** @throws UnrollError SHAPE_MISMATCH if the memory holds another number of sources */
  initialState(batch: number): S {
    const rows = tensorsOf(this.memory)[0]?.shape[0] ?? batch;
    if (rows !== batch) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${this.decoder.constructor.name}: a batch of ${batch} over a memory of ${rows} sources. Fit the memory by gatherRows or repeatRows.`,
      );
    }
    return this.decoder.startFrom(this.#cell.initialState(batch), this.memory);
  }

  step(x: Tensor, state: S): readonly [y: Tensor, next: S] {
    return this.decoder.stepOver(this.memory, this.#cell, x, state);
  }

  drawn(draw: Draw): RecurrentCell<S> {
    const cell = drawnCell(this.#cell, draw);
    return cell === this.#cell ? this : new DecoderCell(this.decoder, this.memory, cell);
  }
}

/**
 * Features of x that are left when a decoder adds some to the input of its cell.
 * @throws UnrollError SHAPE_MISMATCH if none are
 */
export function inputSizeBeside(what: string, cell: RecurrentCell, added: number): number {
  const rest = cell.inputSize - added;
  if (rest > 0) return rest;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${what}: the cell reads ${cell.inputSize} features, of which the decoder adds ${added}, so that nothing is left for x. ` +
      'Give the cell an inputSize of both together.',
  );
}
