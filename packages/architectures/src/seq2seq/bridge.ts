import { UnrollError, formatShape, sameShape, checkGiven } from '@unroll/backend';
import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import { type Activation, Linear } from '@unroll/layers';
import { type Rng, type Tensor, concat, mapTensors, tensorsOf } from '@unroll/tensor';
import type { Encoded } from './decoder.ts';

/** From where the encoder ended to where the decoder starts. */
export interface Bridge {
  /** The state that `cell`, the one inside of the decoder, starts from. */
  start<C extends State>(source: Encoded, cell: RecurrentCell<C>): C;
}

/** The decoder starts from its own initial state, as if there were no source; attention alone tells it. */
export const zeroBridge: Bridge = {
  start: <C extends State>({ ys }: Encoded, cell: RecurrentCell<C>): C =>
    mapTensors(cell.initialState(ys.shape[0]!), (leaf) => (leaf.dtype === 'int32' ? leaf : leaf.cast(ys.dtype))),
};

/**
 * The decoder goes on from the encoder's final state (Sutskever, Vinyals & Le 2014), so both have cells of one kind and size. Of two directions the
 * states are put side by side, leaf by leaf, so the decoder is as wide as both; of a stack, a decoder of one layer takes the highest.
 */
export const lastStateBridge: Bridge = {
  start<C extends State>({ final }: Encoded, cell: RecurrentCell<C>): C {
    const expected = cell.initialState(tensorsOf(final)[0]!.shape[0]!);
    const last = joinDirections(Array.isArray(final) && !Array.isArray(expected) ? (final.at(-1) as State) : final);
    const leaves = leavesOf(last);
    return mapTensors(expected, (leaf, path) => {
      const found = leaves.get(path);
      if (found && sameShape(found.shape, leaf.shape) && leaves.size === tensorsOf(expected).length) return found;
      const describe = (state: State): string =>
        [...leavesOf(state)].map(([name, { shape }]) => `${name || 'state'} ${formatShape(shape)}`).join(', ');
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `lastStateBridge: the encoder ends with ${describe(last)}; the decoder's cell starts with ${describe(expected)}. Use a LinearBridge.`,
      );
    });
  },
};

export interface LinearBridgeOptions {
  /** Features that `read` gives; by default of all leaves of the final state together: of one LSTM 2 · hiddenSize. */
  readonly inputSize: number;
  /** The cell inside of the decoder. */
  readonly cell: RecurrentCell;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** Default tanh. */
  readonly activation?: Activation;
  /** What is read of the source, [batch, inputSize]. Default: all of the encoder's final state, side by side. */
  readonly read?: (source: Encoded) => Tensor;
}

/** The decoder starts from tanh(W s + b), s the encoder's final state (Cho et al. 2014; Bahdanau, Cho & Bengio 2015), whatever the two cells are. */
export class LinearBridge implements Bridge {
  /** From s to all leaves of the decoder's state, one below the other. */
  readonly linear: Linear;
  readonly #activation: Activation;
  readonly #read: (source: Encoded) => Tensor;

  constructor({ inputSize, cell, rng, activation = (x) => x.tanh(), read = everything }: LinearBridgeOptions) {
    checkCell('LinearBridge', cell);
    checkGiven('LinearBridge', { inputSize });
    const outputSize = sizesOf(cell).reduce((sum, size) => sum + size, 0);
    this.linear = new Linear({ inputSize, outputSize, rng });
    this.#activation = activation;
    this.#read = read;
  }

  /** @throws UnrollError SHAPE_MISMATCH if what is read has other than inputSize features */
  start<C extends State>(source: Encoded, cell: RecurrentCell<C>): C {
    const s = this.#read(source);
    if (s.shape[1] !== this.linear.inputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `LinearBridge: what it reads of the source has ${s.shape[1]} features, its inputSize is ${this.linear.inputSize}. By default it reads ` +
          'all of the final state: h and c of each layer and direction, side by side.',
      );
    }
    const parts = this.#activation(this.linear.forward(s)).split(1, sizesOf(cell));
    let i = 0;
    return mapTensors(cell.initialState(s.shape[0]!), (leaf) => parts[i++]!.reshape(leaf.shape));
  }
}

/** Features of each leaf of a cell's state. */
function sizesOf(cell: RecurrentCell): readonly number[] {
  return tensorsOf(cell.initialState(1)).map(({ size }) => size);
}

function everything({ final }: Encoded): Tensor {
  const flat = tensorsOf(final).map((leaf) => (leaf.rank === 2 ? leaf : leaf.reshape([leaf.shape[0]!, -1])));
  return flat.length === 1 ? flat[0]! : concat(flat, 1);
}

/** { forward, backward } → their leaves side by side, anywhere in a state. */
function joinDirections(state: State): State {
  if (Array.isArray(state)) return state.map(joinDirections);
  const { forward, backward } = state as Readonly<Record<string, State | undefined>>;
  if (!forward || !backward) return state;
  const others = leavesOf(backward);
  return mapTensors(forward, (leaf, path) => concat([leaf, others.get(path)!], 1));
}

function leavesOf(state: State): ReadonlyMap<string, Tensor> {
  const leaves = new Map<string, Tensor>();
  mapTensors(state, (leaf, path) => (leaves.set(path, leaf), leaf));
  return leaves;
}
