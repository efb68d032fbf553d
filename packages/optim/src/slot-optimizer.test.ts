import { Parameter, type Tensor, tensor, where } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { SlotOptimizer, type UpdateContext, type OptimizerOptions } from './index.ts';

type SignSlots = { readonly momentum: Tensor };

/** Steps of one size in the direction of the averaged gradient's sign. */
class SignDescent extends SlotOptimizer<SignSlots> {
  constructor(options: OptimizerOptions) {
    super('SignDescent', { learningRate: 0.25, ...options });
  }

  protected override initialSlots(value: Tensor): SignSlots {
    return { momentum: value.mul(0) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    { momentum }: SignSlots,
    { learningRate }: UpdateContext,
  ): readonly [Tensor, SignSlots] {
    const next = momentum.add(gradient).mul(0.5);
    const sign = where(next.greater(0), 1, where(next.less(0), -1, next));
    return [value.sub(sign.mul(learningRate)), { momentum: next }];
  }
}

it('an optimizer of the user’s is two methods; saving and restoring come with it', async () => {
  const parameter = new Parameter(tensor([1, -1]));
  const first = new SignDescent({ parameters: [parameter] });
  first.step([tensor([2, -1])]);
  const state = await first.state();
  expect(state).toEqual({
    optimizer: 'SignDescent',
    stepsTaken: 1,
    tensors: { '0.momentum': { shape: [2], data: Float32Array.of(1, -0.5) } },
  });
  const second = new SignDescent({ parameters: [parameter] });
  second.restore(state);
  second.step([tensor([-3, 0.5])]);
  expect([...parameter.value.dataSync()]).toEqual([1, -0.75]);
});
