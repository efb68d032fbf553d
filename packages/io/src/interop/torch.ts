import { UnrollError } from '@unroll/backend';
import { type Named, entriesOf } from '../named.ts';
import type { SafetensorsTensor } from '../safetensors/dtypes.ts';
import type { StateDict } from '../state-dict.ts';

/** `lstm.weight_ih_l0_reverse`: what layers of cells are named in PyTorch. */
const TORCH = /^(?<path>.*\.)?(?<name>(?:weight|bias)_(?:ih|hh|hr))_l(?<layer>\d+)(?<reverse>_reverse)?$/;
/** `lstm.layers.0.backwardCell.weight_ih`: the same here. */
const OURS =
  /^(?<path>.*\.)?layers\.(?<layer>\d+)\.(?<cell>cell|forwardCell|backwardCell)\.(?<name>(?:weight|bias)_(?:ih|hh|hr))$/;

/**
 * A state dict of PyTorch by the names that it has here. Those of `nn.LSTM`, `nn.GRU` and `nn.RNN`, at any depth of a model, become
 * those of `lstm`, `gru` and `rnn` of `@unroll/architectures`: `lstm.weight_ih_l1` is `lstm.layers.1.cell.weight_ih`, in both directions
 * `forwardCell` and `backwardCell`. All others (`nn.Linear`, `nn.Embedding`, `nn.LSTMCell`) have the same names. Values, shapes and gate
 * orders are the same in both programs.
 *
 *     loadStateDict(model, fromTorchNames(decodeSafetensors(bytes).tensors));
 *
 * @throws UnrollError INVALID_ARGUMENT if two tensors would have one name
 */
export function fromTorchNames(state: Named<SafetensorsTensor>): StateDict {
  const entries = entriesOf(state);
  const names = new Set(entries.map(([name]) => name));
  return byNewNames('fromTorchNames', entries, (name) => renamed(name, names));
}

/** Whether PyTorch has this name, and it is another here. */
export function isTorchName(name: string): boolean {
  return TORCH.test(name);
}

function renamed(torchName: string, all: ReadonlySet<string>): string {
  const groups = TORCH.exec(torchName)?.groups;
  if (!groups) return torchName;
  const { path = '', name = '', layer = '', reverse } = groups;
  const both = all.has(`${path}weight_ih_l${layer}_reverse`);
  const cell = reverse ? 'backwardCell' : both ? 'forwardCell' : 'cell';
  return `${path}layers.${layer}.${cell}.${name}`;
}

/**
 * The inverse of `fromTorchNames`: what `load_state_dict` of the same model in PyTorch takes.
 *
 *     await writeFile('model.safetensors', encodeSafetensors(toTorchNames(await stateDict(model))));
 *
 * In PyTorch a recurrent layer has both bias vectors or none.
 * @throws UnrollError INVALID_ARGUMENT if two tensors would have one name
 */
export function toTorchNames(state: Named<SafetensorsTensor>): StateDict {
  return byNewNames('toTorchNames', entriesOf(state), torchName);
}

function torchName(ours: string): string {
  const groups = OURS.exec(ours)?.groups;
  if (!groups) return ours;
  const { path = '', layer, cell, name } = groups;
  return `${path}${name}_l${layer}${cell === 'backwardCell' ? '_reverse' : ''}`;
}

function byNewNames(
  who: string,
  entries: readonly (readonly [name: string, value: SafetensorsTensor])[],
  rename: (name: string) => string,
): StateDict {
  const origins = new Map<string, string>();
  const state = new Map<string, SafetensorsTensor>();
  for (const [name, value] of entries) {
    const given = rename(name);
    const other = origins.get(given);
    if (other !== undefined) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `${who}: ${other} and ${name} would both be ${given}. Take one of them out of the state.`,
      );
    }
    origins.set(given, name);
    state.set(given, value);
  }
  return state;
}
