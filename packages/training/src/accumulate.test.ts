import { LstmCell, type LstmState, scan } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Sgd } from '@unroll/optim';
import { Rng, type Tensor, castParameters, parametersOf, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { collect, stepsOf } from '../test/collect.ts';
import { type BatchSource, fit } from './index.ts';

interface Tagged {
  readonly xs: Tensor;
  readonly targets: Tensor;
  readonly mask: Tensor;
}

const draw = new Rng(8);
const xs = draw.normal([4, 5, 3], { dtype: 'float64' });
const targets = tensor(
  Int32Array.from({ length: 20 }, () => draw.integer(2)),
  { shape: [4, 5] },
);
const mask = tensor([
  [1, 1, 1, 1, 1],
  [1, 1, 0, 0, 0],
  [1, 0, 0, 0, 0],
  [1, 1, 1, 1, 0],
]);

/** The sequences in turn, so many at a time. */
function inParts(size: number): BatchSource<Tagged> {
  let next = 0;
  return {
    next() {
      const part = (x: Tensor): Tensor => x.slice(0, next % 4, size);
      const batch = { xs: part(xs), targets: part(targets), mask: part(mask) };
      next += size;
      return { batch, reset: true };
    },
    state: () => next,
    restore: () => undefined,
  };
}

async function weightsAfter(size: number): Promise<readonly number[]> {
  const rng = new Rng(1);
  const model = {
    cell: new LstmCell({ inputSize: 3, hiddenSize: 4, rng }),
    output: new Linear({ inputSize: 4, outputSize: 2, rng }),
  };
  castParameters(model, 'float64');
  const run = fit<Tagged, LstmState>({
    model,
    optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 0.5 }),
    source: inParts(size),
    loss({ xs, targets, mask }) {
      const [ys] = scan(model.cell, xs, { mask });
      return { loss: crossEntropy(model.output.forward(ys), targets, { mask }), weight: mask.sum().item() };
    },
    steps: 3,
    accumulate: 4 / size,
    clipNorm: 0.3,
    rng,
  });
  const losses = stepsOf(await collect(run)).map(({ loss }) => loss);
  return [...losses, ...parametersOf(model).flatMap(({ value }) => [...value.dataSync()])];
}

it('a step of several batches is the step of one large batch, however many tokens each has', async () => {
  const whole = await weightsAfter(4);
  for (const size of [1, 2]) {
    for (const [i, x] of (await weightsAfter(size)).entries()) expect(x).toBeCloseTo(whole[i]!, 12);
  }
});

it('carries the state from batch to batch inside of a step, and on to the next', async () => {
  const seen: (number | undefined)[] = [];
  const run = bowl({
    accumulate: 3,
    steps: 2,
    source: { next: () => ({ batch: 0, reset: seen.length === 4 }), state: () => 0, restore: () => undefined },
    loss(_, { carry }) {
      seen.push(carry?.item());
      return { loss: run.model.w.value.square().sum().mul(0.5), carry: tensor(seen.length) };
    },
  });
  await collect(fit(run));
  expect(seen).toEqual([undefined, 1, 2, 3, undefined, 5]);
  expect(run.model.w.value.item()).toBe(1);
});

it('is refused where it is no number of batches', () => {
  expect(() => fit(bowl({ accumulate: 0 }))).toThrow('accumulate is 0; it must be an integer from 1 on');
});
