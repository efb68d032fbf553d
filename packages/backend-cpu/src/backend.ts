import { type Backend, type Buffer, type PrimitiveKernels, type TypedArray, UnrollError } from '@unroll/backend';
import { binaryKernels } from './binary.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gather.ts';
import { matmulKernels } from './matmul.ts';
import { Memory, type MemoryStatistics } from './memory.ts';
import { movementKernels } from './movement.ts';
import { reduceKernels } from './reduce.ts';
import { whereKernels } from './where.ts';

export interface CpuOptions {
  /** How much freed memory is kept for later ops. Default: 256 MiB. */
  readonly poolBytes?: number;
}

/** A backend whose device is the host, so that reading never waits. */
export interface CpuBackend extends Backend {
  downloadSync(buffer: Buffer): TypedArray;
  /** What is held at the moment, for tests and reports. */
  memory(): MemoryStatistics;
}

const DEFAULT_POOL_BYTES = 256 * 2 ** 20;

/**
 * A backend in plain TypeScript, for all dtypes and any engine.
 * @throws UnrollError INVALID_ARGUMENT if `poolBytes` is no size
 */
export function cpu({ poolBytes = DEFAULT_POOL_BYTES }: CpuOptions = {}): CpuBackend {
  if (!(poolBytes >= 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `cpu: poolBytes must be 0 or more, got ${poolBytes}. 0 keeps nothing.`);
  }
  const memory = new Memory(poolBytes);
  const primitives: PrimitiveKernels = {
    ...elementwiseKernels(memory),
    ...binaryKernels(memory),
    ...whereKernels(memory),
    ...matmulKernels(memory),
    ...reduceKernels(memory),
    ...movementKernels(memory),
    ...gatherKernels(memory),
  };
  const downloadSync = (buffer: Buffer): TypedArray => memory.read(buffer).slice();
  return {
    name: 'cpu',
    primitives,
    upload: (data, signature) => memory.upload(data, signature),
    download: async (buffer) => downloadSync(buffer),
    downloadSync,
    share: (buffer) => memory.share(buffer),
    free: (buffer) => memory.free(buffer),
    memory: () => memory.statistics,
  };
}
