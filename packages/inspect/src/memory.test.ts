import { cpu } from '@unroll/backend-cpu';
import { LstmCell, type LstmState, scan } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Sgd } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { type LossResult, findLearningRate, fit, MovingAverage, sampledSource } from '@unroll/training';
import { expect, it } from 'vitest';
import { diagnose, gradientThroughTime, inspect } from './index.ts';

interface Tagged {
  readonly xs: Tensor;
  readonly targets: Tensor;
  readonly mask: Tensor;
}

const backend = cpu();
setBackend(backend);
const rng = new Rng(1);
const model = {
  cell: new LstmCell({ inputSize: 3, hiddenSize: 4, rng }),
  output: new Linear({ inputSize: 4, outputSize: 5, rng }),
};
const mask = tensor([
  [1, 1, 1, 1, 1, 1],
  [1, 1, 1, 1, 0, 0],
]);
const batch: Tagged = {
  xs: rng.normal([2, 6, 3]),
  targets: tensor(
    [
      [1, 2, 3, 4, 0, 1],
      [1, 2, 3, 4, -100, -100],
    ],
    { dtype: 'int32' },
  ),
  mask,
};
const loss = ({ xs, targets, mask }: Tagged): LossResult<LstmState> => {
  const [ys, carry] = scan(model.cell, xs, { mask });
  return { loss: crossEntropy(model.output.forward(ys), targets, { mask }), carry };
};
// Without constants that differ from step to step, which a backend keeps a while.
const optimizer = new Sgd({ parameters: parametersOf(model), learningRate: 0.001, momentum: 0.9 });
const source = sampledSource({ rng, sample: () => batch });
const average = new MovingAverage({ parameters: parametersOf(model), decay: 0.9 });

const uses: Readonly<Record<string, () => Promise<unknown>>> = {
  inspect: () => inspect(model.cell, batch.xs, { mask }),
  gradientThroughTime: () => gradientThroughTime({ model, loss: () => loss(batch).loss }),
  diagnose: () => diagnose({ model, loss, data: { source }, optimizer, clipNorm: 1, classes: 5 }),
  findLearningRate: () => findLearningRate({ model, loss, source, optimizer, rng, steps: 5 }),
  async 'fit with accumulated gradients and averaged weights'() {
    for await (const _ of fit({ model, loss, source, optimizer, rng, steps: 4, accumulate: 3, average }));
  },
};

it.each(Object.entries(uses))('%s holds no memory afterwards', async (_, use) => {
  await use();
  const before = backend.memory();
  for (let i = 0; i < 3; i++) await use();
  expect(backend.memory().buffers).toBeLessThanOrEqual(before.buffers);
});
