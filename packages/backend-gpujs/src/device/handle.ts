import { UnrollError } from '@unroll/backend';
import type { RawResult } from '../gpujs.ts';
import type { Mode } from '../modes.ts';
import type { KernelEntry } from './kernel-cache.ts';

/** Scalars, or texels of two or four of them (`Array(2)`, `Array(4)`). */
export type Components = 1 | 2 | 4;

/** WebGL 1 has textures of four numbers alone. */
export function bytesPerTexel(mode: Mode, components: Components): number {
  return 4 * (mode === 'headlessgl' ? 4 : components);
}

/** Memory of the device, and how many handles it has. */
export interface Storage {
  /** Made when the op that computes it has run; never before, where ops wait in a queue. */
  raw: RawResult | Float32Array | undefined;
  /** The sides of the texture; its last row may be filled up. */
  readonly width: number;
  readonly rows: number;
  readonly components: Components;
  readonly bytes: number;
  handles: number;
  /** The kernel that made it, which must outlive it. */
  readonly maker: KernelEntry | undefined;
}

/**
 * An array on the device: `length` texels of `components` numbers, row-major and flat. Kernels read it as `a[i]`, whatever its shape,
 * so that a reshape is a share.
 */
export class Handle {
  readonly length: number;
  readonly components: Components;
  /** Private to the device. Gone once the handle is freed. */
  storage: Storage | undefined;

  constructor(storage: Storage, length: number, components: Components) {
    this.storage = storage;
    this.length = length;
    this.components = components;
  }
}

/**
 * The memory behind a handle.
 * @throws UnrollError USE_AFTER_DISPOSE if it was given back
 */
export function storageOf(handle: Handle, verb: string): Storage {
  if (!handle.storage) {
    throw new UnrollError(
      'USE_AFTER_DISPOSE',
      `gpujs: an array of ${handle.length} on the device was freed and cannot be ${verb}. Take a second handle with share to keep it.`,
    );
  }
  return handle.storage;
}
