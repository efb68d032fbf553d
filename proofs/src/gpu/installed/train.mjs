// Trains a small network with the installed packages in the mode of the first argument; prints what came of it.
import { valueAndGrad } from '@unroll/autograd';
import { gpujs } from '@unroll/backend-gpujs';
import { LstmCell, scan } from '@unroll/cells';
import { meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, keep, parametersOf, scope, withBackend } from '@unroll/tensor';

/** Losses of a few steps, and what ran them. */
export async function train(mode) {
  const backend = await gpujs({ mode });
  const rng = new Rng(1);
  const cell = withBackend(backend, () => new LstmCell({ inputSize: 3, hiddenSize: 3, rng }));
  const optimizer = withBackend(backend, () => new Adam({ parameters: parametersOf(cell), learningRate: 0.05 }));
  const losses = [];
  for (let step = 0; step < 12; step++) {
    const loss = withBackend(backend, () =>
      scope(() => {
        const xs = rng.uniform([4, 6, 3], { low: -0.5, high: 0.5 });
        const { value, grads } = valueAndGrad(() => meanSquaredError(scan(cell, xs)[0], xs), optimizer.parameters);
        optimizer.step(grads);
        return keep(value);
      }),
    );
    losses.push((await loss.data())[0]);
    loss.dispose();
  }
  return { mode: backend.mode, device: backend.device, losses };
}

if (globalThis.process?.argv[2]) console.log(JSON.stringify(await train(process.argv[2])));
