import { valueAndGrad } from '@unroll/autograd';
import { type Mode, availableModes, gpujs } from '@unroll/backend-gpujs';
import { LstmCell, scan } from '@unroll/cells';
import { meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, keep, parametersOf, scope, withBackend } from '@unroll/tensor';
import type { OnGpu } from './findings.ts';

const MODES: readonly Mode[] = ['cpu', 'webgl2', 'webgpu'];

/** A few steps of training in each mode of GPU.js that is there. */
export async function trainOnGpus(): Promise<Record<string, OnGpu>> {
  const found: Record<string, OnGpu> = {};
  for (const { mode, available, reason } of await availableModes()) {
    if (!MODES.includes(mode)) continue;
    try {
      found[mode] = available ? await trainIn(mode) : (reason ?? 'not there');
    } catch (error) {
      found[mode] = `Error: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return found;
}

async function trainIn(mode: Mode): Promise<OnGpu> {
  const backend = await gpujs({ mode });
  const cell = withBackend(backend, () => new LstmCell({ inputSize: 3, hiddenSize: 3, rng: new Rng(1) }));
  const optimizer = withBackend(backend, () => new Adam({ parameters: parametersOf(cell), learningRate: 0.05 }));
  const rng = new Rng(2);
  const losses: number[] = [];
  for (let step = 0; step < 12; step++) {
    const loss = withBackend(backend, () =>
      scope(() => {
        const xs = rng.uniform([4, 6, 3], { low: -0.5, high: 0.5 });
        const { value, grads } = valueAndGrad(() => meanSquaredError(scan(cell, xs)[0], xs), optimizer.parameters);
        optimizer.step(grads);
        return keep(value);
      }),
    );
    losses.push((await loss.data())[0]!);
    loss.dispose();
  }
  return { device: backend.device, losses };
}
