import { UnrollError } from '@unroll/backend';
import type { State } from '@unroll/cells';
import { type Tensor, concat, tensorsOf } from '@unroll/tensor';

/**
 * What a state shows to the outside, [batch, features]: `h` of a state with one, of a bare tensor itself, of a state with a memory alone `c`; of a
 * stack that of the highest layer; of two directions both, side by side.
 * @throws UnrollError INVALID_ARGUMENT for a state with neither
 */
export function hiddenOf(state: State): Tensor {
  if (isTensorLeaf(state)) return state;
  if (Array.isArray(state) && state.length > 0) return hiddenOf(state.at(-1) as State);
  const { h, c, forward, backward } = state as Readonly<Record<string, State | undefined>>;
  if (forward && backward) return concat([hiddenOf(forward), hiddenOf(backward)], 1);
  const hidden = h ?? c;
  if (hidden && isTensorLeaf(hidden)) return hidden;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `hiddenOf: a state of { ${Object.keys(state).join(', ')} } does not say which part is the hidden state. ` +
      'Give a function that takes it out.',
  );
}

/** Whether a state is one tensor. */
export function isTensorLeaf(state: State): state is Tensor {
  return tensorsOf(state)[0] === state;
}
