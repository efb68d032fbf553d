import { Parameter, type Tensor, full, tensor, where, zeros } from '@unroll/tensor';
import { expect, it } from 'vitest';
import {
  Adam,
  AdamW,
  SlotOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type Update,
  type UpdateContext,
} from './index.ts';
import type { AdamSlots, AdamUpdate } from './adam.ts';

type OptimizerClass = new (options: { readonly parameters: readonly Parameter[] }) => Optimizer;

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

it('parameters that are small, and of one dtype, are updated together, others alone', () => {
  const groups: (readonly number[])[] = [];
  class Grouping extends SignDescent {
    protected override updateAll(
      updates: readonly Update<SignSlots>[],
      context: UpdateContext,
    ): readonly (readonly [Tensor, SignSlots])[] {
      groups.push(updates.map(({ value }) => value.size));
      return super.updateAll(updates, context);
    }
  }
  const values = [zeros([3]), zeros([2, 2]), zeros([600, 600]), zeros([1]), zeros([2], { dtype: 'float64' })];
  const parameters = values.map((value) => new Parameter(value));
  const optimizer = new Grouping({ parameters });
  for (let step = 1; step <= 2; step++) {
    optimizer.step(parameters.map(({ value }, i) => full(value.shape, i - 2, value)));
    expect(groups.splice(0)).toEqual([[3, 4], [360_000], [1], [2]]);
    const expected = [1, 1, 0, -1, -1].map((sign) => (sign * step) / 4);
    expect(parameters.map(({ value }) => value.dataSync().at(-1))).toEqual(expected);
  }
});

it('an Adam or AdamW of the user’s, with an `update` of its own, has it called for each parameter', () => {
  const sizes: number[] = [];
  class OwnAdam extends Adam {
    protected override update(value: Tensor, gradient: Tensor, slots: AdamSlots, context: UpdateContext): AdamUpdate {
      sizes.push(value.size);
      return super.update(value, gradient, slots, context);
    }
  }
  class OwnAdamW extends AdamW {
    protected override update(value: Tensor, gradient: Tensor, slots: AdamSlots, context: UpdateContext): AdamUpdate {
      sizes.push(value.size);
      return super.update(value, gradient, slots, context);
    }
  }
  const pairs: [OptimizerClass, OptimizerClass][] = [
    [OwnAdam, Adam],
    [OwnAdamW, AdamW],
  ];
  for (const pair of pairs) {
    const [own, usual] = pair.map((Kind) => {
      const parameters = [zeros([3]), zeros([2, 2])].map((value) => new Parameter(value));
      new Kind({ parameters }).step(parameters.map(({ value }) => full(value.shape, 2)));
      return parameters.map(({ value }) => value.dataSync());
    });
    expect(sizes.splice(0)).toEqual([3, 4]);
    expect(own).toEqual(usual);
  }
});

it('an update that throws leaves what was remembered, so that steps can go on', () => {
  let isBroken = false;
  class Breaking extends SignDescent {
    protected override update(
      value: Tensor,
      gradient: Tensor,
      slots: SignSlots,
      context: UpdateContext,
    ): readonly [Tensor, SignSlots] {
      if (isBroken && value.size === 1) throw new Error('broken');
      return super.update(value, gradient, slots, context);
    }
  }
  const parameters = [zeros([600, 600]), zeros([1])].map((value) => new Parameter(value));
  const optimizer = new Breaking({ parameters });
  const step = (): void => optimizer.step(parameters.map(({ value }) => full(value.shape, 1)));
  step();
  isBroken = true;
  expect(step).toThrow('broken');
  isBroken = false;
  step();
  expect(parameters.map(({ value }) => value.dataSync()[0])).toEqual([-0.75, -0.5]);
  expect(optimizer.stepsTaken).toBe(2);
});

it('a rate that is no number, and gradients that are no list, are errors with a remedy', () => {
  const parameters = [new Parameter(zeros([1]))];
  expect(() => Reflect.construct(Adam, [{ parameters, learningRate: '0.1' }])).toThrow(
    'Adam: learningRate is "0.1". It must be a number from 0 on, or a schedule.',
  );
  const adam = new Adam({ parameters });
  for (const given of [[], [{ grads: [] }]]) {
    expect((): unknown => Reflect.apply(adam.step.bind(adam), undefined, given)).toThrow(
      'Adam.step: the gradients are no list. Give the grads of valueAndGrad(loss, parameters).',
    );
  }
});
