import { describeBackend } from '@unroll/backend/conformance';
import { assemble } from '../backend.ts';
import { type WasmFunction, engine } from '../engine.ts';
import { EXACT } from '../kernels/gemm/tile.ts';
import { elementModule, productModule } from '../kernels/modules.ts';
import { Memory } from '../memory/memory.ts';
import { oneThread } from './threads.ts';

const host = engine()!;

/** Divides everything that can be divided, however small it is, and runs the parts here. */
function inParts(count: number): ReturnType<typeof assemble> {
  const memory = new Memory(host, 2 ** 32);
  const imports = { env: { memory: memory.linear.memory } };
  const { limits } = memory.linear;
  const kernels = Object.assign(
    {},
    ...[elementModule(limits), productModule(limits, EXACT)].map(
      (bytes) => new host.Instance(new host.Module(bytes), imports).exports,
    ),
  ) as Record<string, WasmFunction>;
  const threads = oneThread(count, 0);
  return assemble({ memory, threads, kernels, description: 'in parts', dispose: () => memory.dispose() });
}

describeBackend('wasm in parts of any size', () => inParts(3));
