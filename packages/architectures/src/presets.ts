import { UnrollError } from '@unroll/backend';
import {
  type CellBiases,
  type CellInitializers,
  GruCell,
  LstmCell,
  type LstmState,
  type RecurrentCell,
  type State,
  VanillaCell,
  type VanillaCellOptions,
} from '@unroll/cells';
import type { Rng, Tensor } from '@unroll/tensor';
import { Bidirectional, type BothDirections } from './bidirectional.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';

/** What PyTorch's recurrent layers are made from, by our names. */
export interface RecurrentLayersOptions<Both extends boolean = boolean> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** From the input upwards. Default 1. */
  readonly layers?: number;
  /** Whether each layer reads both ways; it then gives 2 · hiddenSize features. Default false. */
  readonly bidirectional?: Both;
  /** Rate of dropout between layers. Default 0. */
  readonly dropout?: number;
  /** Which of the two bias vectors exist. Default both. */
  readonly bias?: boolean | CellBiases;
  /** How the parameters of every cell start, by role: `forgetBias(3)`, `{ weight_hh: orthogonal() }`. */
  readonly initializers?: Partial<CellInitializers>;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/** The state of a layer whose cells have the state S: that of its cell, or those of both directions. */
export type LayerState<S extends State, Both extends boolean> = Both extends true ? BothDirections<S, S> : S;

/**
 * Layers of LSTM cells, as PyTorch's `nn.LSTM`: xs [batch, time, inputSize] → [batch, time, hiddenSize], twice as many features in both directions. The
 * final state has an entry for each layer: `{ h, c }`, or `{ forward, backward }` of them.
 * @throws UnrollError INVALID_ARGUMENT for fewer layers than 1
 */
export function lstm<Both extends boolean = false>(
  options: RecurrentLayersOptions<Both>,
): Stacked<readonly LayerState<LstmState, Both>[]> {
  return layersOf('lstm', options, (inputSize) => new LstmCell({ ...options, inputSize }));
}

/** Layers of GRU cells, as PyTorch's `nn.GRU`; see `lstm`. The states are tensors h. */
export function gru<Both extends boolean = false>(
  options: RecurrentLayersOptions<Both>,
): Stacked<readonly LayerState<Tensor, Both>[]> {
  return layersOf('gru', options, (inputSize) => new GruCell({ ...options, inputSize }));
}

export interface RnnOptions<Both extends boolean = boolean>
  extends RecurrentLayersOptions<Both>, Pick<VanillaCellOptions, 'nonlinearity'> {}

/** Layers of vanilla cells, as PyTorch's `nn.RNN`; see `lstm`. The states are tensors h. `nonlinearity: (x) => x.relu()` for another than tanh. */
export function rnn<Both extends boolean = false>(
  options: RnnOptions<Both>,
): Stacked<readonly LayerState<Tensor, Both>[]> {
  return layersOf('rnn', options, (inputSize) => new VanillaCell({ ...options, inputSize }));
}

function layersOf<S extends State, Both extends boolean>(
  what: string,
  { inputSize, layers = 1, bidirectional, dropout = 0 }: RecurrentLayersOptions<Both>,
  cell: (inputSize: number) => RecurrentCell<S>,
): Stacked<readonly LayerState<S, Both>[]> {
  if (!(Number.isInteger(layers) && layers > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `${what}: ${layers} layers; give a whole number from 1 on.`);
  }
  const tower: SequenceLayer<LayerState<S, Both>>[] = [];
  for (let features = inputSize; tower.length < layers; features = tower.at(-1)!.outputSize) {
    const layer: SequenceLayer = bidirectional
      ? new Bidirectional({ forwardCell: cell(features), backwardCell: cell(features) })
      : new Unidirectional({ cell: cell(features) });
    tower.push(layer as SequenceLayer<LayerState<S, Both>>);
  }
  return new Stacked({ layers: tower, dropout });
}
