import { UnrollError } from '@unroll/backend';
import {
  type CellBiases,
  type CellInitializers,
  GruCell,
  LstmCell,
  type RecurrentCell,
  type State,
  VanillaCell,
  type VanillaCellOptions,
} from '@unroll/cells';
import type { Rng } from '@unroll/tensor';
import { Bidirectional } from './bidirectional.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';

/** What PyTorch's recurrent layers are made from, by our names. */
export interface RecurrentLayersOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** From the input upwards. Default 1. */
  readonly layers?: number;
  /** Whether each layer reads both ways; it then gives 2 · hiddenSize features. Default false. */
  readonly bidirectional?: boolean;
  /** Rate of dropout between layers. Default 0. */
  readonly dropout?: number;
  /** Which of the two bias vectors exist. Default both. */
  readonly bias?: boolean | CellBiases;
  /** How the parameters of every cell start, by role: `forgetBias(3)`, `{ weight_hh: orthogonal() }`. */
  readonly initializers?: Partial<CellInitializers>;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/**
 * Layers of LSTM cells, as PyTorch's `nn.LSTM`: xs [batch, time, inputSize] → [batch, time, hiddenSize], twice as many features in both directions. The
 * final state has an entry for each layer: `{ h, c }`, or `{ forward, backward }` of them.
 * @throws UnrollError INVALID_ARGUMENT for fewer layers than 1
 */
export function lstm(options: RecurrentLayersOptions): Stacked {
  return layersOf('lstm', options, (inputSize) => new LstmCell({ ...options, inputSize }));
}

/** Layers of GRU cells, as PyTorch's `nn.GRU`; see `lstm`. The states are tensors h. */
export function gru(options: RecurrentLayersOptions): Stacked {
  return layersOf('gru', options, (inputSize) => new GruCell({ ...options, inputSize }));
}

export interface RnnOptions extends RecurrentLayersOptions, Pick<VanillaCellOptions, 'nonlinearity'> {}

/** Layers of vanilla cells, as PyTorch's `nn.RNN`; see `lstm`. The states are tensors h. `nonlinearity: (x) => x.relu()` for another than tanh. */
export function rnn(options: RnnOptions): Stacked {
  return layersOf('rnn', options, (inputSize) => new VanillaCell({ ...options, inputSize }));
}

function layersOf<S extends State>(
  what: string,
  { inputSize, layers = 1, bidirectional = false, dropout = 0 }: RecurrentLayersOptions,
  cell: (inputSize: number) => RecurrentCell<S>,
): Stacked {
  if (!(Number.isInteger(layers) && layers > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `${what}: ${layers} layers; give a whole number from 1 on.`);
  }
  const tower: SequenceLayer[] = [];
  for (let features = inputSize; tower.length < layers; features = tower.at(-1)!.outputSize) {
    tower.push(
      bidirectional
        ? new Bidirectional({ forwardCell: cell(features), backwardCell: cell(features) })
        : new Unidirectional({ cell: cell(features) }),
    );
  }
  return new Stacked({ layers: tower, dropout });
}
