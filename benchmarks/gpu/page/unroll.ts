import type { Backend } from '@unroll/backend';
import { gpujs } from '@unroll/backend-gpujs';
import { wasm } from '@unroll/backend-wasm';
import { type Tensor, scope, setBackend, tensor } from '@unroll/tensor';
import { charModelSteps } from '../../contestants/unroll-char-model.ts';
import { type PageContestant, SHOWN, matrices } from './contestant.ts';

export async function unroll(device: string): Promise<PageContestant> {
  if (device !== 'webgl2' && device !== 'webgpu') {
    const threads = device === 'wasm' ? 1 : Number(device.replace('wasm-', ''));
    const onFallback = (message: string): never => {
      throw new Error(message);
    };
    const backend = await wasm({ threads, onFallback });
    return contestant(backend, backend.description);
  }
  const backend = await gpujs({ mode: device });
  return contestant(backend, `${backend.mode} on ${backend.device}`);
}

function contestant(backend: Backend, about: string): PageContestant {
  const task = (step: () => Tensor): (() => Promise<readonly number[]>) => {
    return async () => {
      setBackend(backend);
      const result = step();
      const values = await result.data();
      result.dispose();
      return [...values];
    };
  };
  return {
    about,
    prepare: (work) => {
      setBackend(backend);
      if (work.kind === 'matmul') {
        const [a, b] = matrices(work.n).map((values) => tensor(values, { shape: [work.n, work.n] })) as [
          Tensor,
          Tensor,
        ];
        const product = (): Tensor => scope(() => a.matmul(b).slice(0, 0, 1).slice(1, 0, SHOWN));
        return { run: task(product), dispose: () => [a, b].forEach((each) => each.dispose()) };
      }
      const { loss, train, dispose } = charModelSteps(work.sizes);
      return { run: task(work.kind === 'train' ? train : loss), dispose };
    },
  };
}
