// Ops of which a call of WebGL fails leave nothing on the device.
import type { Backend, Buffer, FusedKernels, Kernel, PrimitiveKernels } from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import { afterAll, describe, expect, it } from 'vitest';
import { full, missing, mode, theBackend, title } from './setting.ts';
import { inPage } from './watch.ts';

const FAILURE = new Error('this call fails');
// Kernels that failed are compiled again, which takes its time; in `npm test` the package lets ops fail on the host.
const inTime = full ? undefined : 'UNROLL_GPU_FULL=1 or pnpm proof:gpu';
const skipped = missing ?? (inPage && mode === 'webgl2' ? inTime : 'of WebGL 2 in a page');
let [left, calls, failures] = [Infinity, 0, 0];

/** Has kernels, and textures that come from the host, fail when there are no calls left. */
function failAtLast(prototype: object): () => void {
  const originals = ['drawArrays', 'texImage2D'].map((method) => [method, Reflect.get(prototype, method)] as const);
  for (const [method, original] of originals as readonly (readonly [string, (...args: unknown[]) => unknown])[]) {
    Reflect.set(prototype, method, function (this: object, ...args: unknown[]) {
      calls++;
      if (left-- <= 0) throw FAILURE;
      return original.apply(this, args);
    });
  }
  return () => {
    for (const [method, original] of originals) Reflect.set(prototype, method, original);
  };
}

/** A backend whose ops are called until none of their calls fails. */
async function failing(): Promise<Backend> {
  const backend = await theBackend();
  const held = (): unknown => {
    const { buffers, handles, textures, bytes } = backend.statistics();
    return { buffers, handles, textures, bytes };
  };
  const tried = (call: () => readonly Buffer[]): readonly Buffer[] => {
    const start = calls;
    for (const buffer of call()) backend.free(buffer);
    const all = calls - start;
    const before = held();
    for (let at = 0; at < all; at++) {
      left = at;
      try {
        for (const buffer of call()) backend.free(buffer);
      } catch (error) {
        if ((error as Error).cause !== FAILURE) throw error;
        failures++;
      } finally {
        left = Infinity;
      }
      expect(held(), `after call ${at} of ${all} failed`).toEqual(before);
    }
    return call();
  };
  const allOf = <Kernels extends object>(kernels: Kernels): Kernels => {
    const wrapped = Object.entries(kernels).map(([op, kernel]: [string, Kernel<unknown>]) => {
      const call: Kernel<unknown> = (...args) => tried(() => kernel(...args));
      return [op, call];
    });
    return Object.fromEntries(wrapped) as Kernels;
  };
  return {
    ...backend,
    primitives: allOf<PrimitiveKernels>(backend.primitives),
    fused: allOf<FusedKernels>(backend.fused!),
  };
}

describe.skipIf(skipped)(
  `ops whose calls fail, on ${title}${skipped === missing ? '' : ` (skipped: ${skipped})`}`,
  () => {
    if (skipped === undefined) {
      afterAll(failAtLast((Reflect.get(globalThis, 'WebGL2RenderingContext') as { prototype: object }).prototype));
      describeBackend(`${title} whose calls fail`, failing, {
        dtypes: ['float32', 'int32'],
        special: { largestInteger: 2 ** 24, largestAngle: 10_000, subnormal: false },
        tolerances: { exp: { float32: { relative: 4e-6, absolute: 0 } } },
        every: 12,
      });
    }

    it('calls did fail', () => {
      expect(failures).toBeGreaterThan(100);
    });
  },
);
