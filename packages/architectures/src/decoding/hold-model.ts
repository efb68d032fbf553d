import type { State } from '@unroll/cells';
import { type Tensor, type TensorTree, keep, mapTensors, scope } from '@unroll/tensor';
import type { TokenModel } from './token-model.ts';

/** A model for as long as a search needs it. */
export interface HeldModel<M extends TensorTree, S extends State> {
  readonly model: TokenModel<M, S>;
  readonly release: () => void;
}

/** Takes hold of what a model knows of its inputs. What a function makes besides is freed; what the caller made stays the caller's. */
export function holdModel<M extends TensorTree, S extends State>(
  given: TokenModel<M, S> | (() => TokenModel<M, S>),
): HeldModel<M, S> {
  const held: Tensor[] = [];
  const hold = (tensor: Tensor): Tensor => {
    const own = keep(tensor.detach());
    held.push(own);
    return own;
  };
  let model!: TokenModel<M, S>;
  // Nothing is returned from the scope, so that it frees all but what is held.
  scope(() => {
    const made = typeof given === 'function' ? given() : given;
    model = {
      inputs: made.inputs,
      memory: mapTensors(made.memory, hold),
      over: (memory) => made.over(memory),
      state: made.state && mapTensors(made.state, hold),
      alignmentOf: made.alignmentOf && ((state) => made.alignmentOf!(state)),
      sourceMask: made.sourceMask && hold(made.sourceMask),
    };
  });
  return {
    model,
    release: () => {
      for (const tensor of held) tensor.dispose();
    },
  };
}
