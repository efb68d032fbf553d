import { UnrollError } from '@unroll/backend';
import { Sgd } from '@unroll/optim';
import { Parameter, Rng, type Tensor, parametersOf, tensor } from '@unroll/tensor';
import { type FitOptions, sampledSource } from '../src/index.ts';

export type Batch = number;
export type Options = FitOptions<Batch, Tensor>;

/** Minimises ½ w²: at the rate r each step multiplies w by 1 − r. */
export function bowl(
  options: Omit<Partial<Options>, 'model'> = {},
): Options & { readonly model: { readonly w: Parameter } } {
  const model = { w: new Parameter(tensor([4], { dtype: 'float64' })) };
  return {
    model,
    optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 0.5 }),
    source: sampledSource({ sample: (rng) => rng.next(), rng: new Rng(1) }),
    loss: () => ({ loss: model.w.value.square().sum().mul(0.5) }),
    steps: 3,
    rng: new Rng(2),
    ...options,
  };
}

/** The error that a run ends with. */
export async function failure(run: AsyncGenerator<unknown, unknown, undefined>): Promise<UnrollError> {
  try {
    for await (const _ of run);
  } catch (error) {
    if (error instanceof UnrollError) return error;
    throw error;
  }
  throw new Error('the run did not fail');
}
