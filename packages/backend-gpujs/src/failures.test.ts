// Every op of the conformance suite, and loops, where each kernel of theirs fails once: nothing may be left on the device.
import type {
  Backend,
  Buffer,
  CompiledLoop,
  FusedKernels,
  Kernel,
  LoopStart,
  LoopSteps,
  PrimitiveKernels,
} from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import { LayerNormLstmCell, LstmCell, type State, Stream, scan } from '@unroll/cells';
import { describeLoops } from '@unroll/cells/conformance';
import { Rng, withBackend } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { assemble } from './backend.ts';
import { Device, type Handle } from './device/index.ts';
import { loadGpuJs } from './gpujs.ts';
import { LARGEST_INTEGER } from './whole-numbers.ts';

const FAILURE = new Error('this call fails');

/** A device of which one call fails that makes memory. */
class FailingDevice extends Device {
  /** Calls until then. */
  left = Infinity;
  calls = 0;

  override run(...args: Parameters<Device['run']>): Handle {
    this.#count();
    return super.run(...args);
  }

  override upload(...args: Parameters<Device['upload']>): Handle {
    this.#count();
    return super.upload(...args);
  }

  override asScalars(...args: Parameters<Device['asScalars']>): Handle {
    this.#count();
    return super.asScalars(...args);
  }

  override share(...args: Parameters<Device['share']>): Handle {
    this.#count();
    return super.share(...args);
  }

  #count(): void {
    this.calls++;
    if (this.left-- <= 0) throw FAILURE;
  }
}

/** More calls than this fail in turn at so many places. */
const MOST_PLACES = 12;
let failures = 0;

async function failing(): Promise<Backend> {
  const device = new FailingDevice({ library: await loadGpuJs(), mode: 'cpu', kernels: 1000, kernelBytes: 2 ** 28 });
  const backend = assemble(device, 'failing');
  const held = (): unknown => {
    const { buffers, handles, textures, bytes } = backend.statistics();
    return { buffers, handles, textures, bytes };
  };
  /** Calls once to know what inputs keep on the device, then with failures, then for good. */
  const tried = <T>(call: () => T, free: (result: T) => void): T => {
    const start = device.calls;
    free(call());
    const calls = device.calls - start;
    const before = held();
    try {
      for (let at = 0; at < calls; at += Math.ceil(calls / MOST_PLACES)) {
        device.left = at;
        // What is brought to the device only once needs fewer calls now.
        try {
          free(call());
        } catch (error) {
          if (error !== FAILURE) throw error;
          failures++;
        }
        expect(held(), `after call ${at} of ${calls} failed`).toEqual(before);
      }
    } finally {
      device.left = Infinity;
    }
    return call();
  };
  const freeAll = (buffers: Iterable<Parameters<Backend['free']>[0]>): void => {
    for (const buffer of buffers) backend.free(buffer);
  };
  const all = <Kernels extends object>(kernels: Kernels): Kernels => {
    const wrapped = Object.entries(kernels).map(([op, kernel]: [string, Kernel<unknown>]) => {
      const call: Kernel<unknown> = (...args) => tried(() => kernel(...args), freeAll);
      return [op, call];
    });
    return Object.fromEntries(wrapped) as Kernels;
  };
  return {
    ...backend,
    primitives: all<PrimitiveKernels>(backend.primitives),
    fused: all<FusedKernels>(backend.fused!),
    compileLoop: (program) => {
      const loop = backend.compileLoop!(program);
      if ('reason' in loop) return loop;
      const call: CompiledLoop = (run) =>
        tried(
          () => loop(run),
          ({ carried, series, totals }) => freeAll([...carried, ...series.values(), ...totals.values()]),
        );
      const { begin } = loop;
      if (!begin) return call;
      return Object.assign(call, {
        begin: (start: LoopStart): LoopSteps => {
          // Steps that only begin, and others that take one and leave their state.
          const steps = tried(
            () => begin(start),
            (made) => made.end(),
          );
          const carried = start.carried.map((buffer) => backend.share(buffer));
          const ended = (x: Buffer): void => {
            const others = begin({ constant: (value) => start.constant(value), carried });
            try {
              freeAll([others.step(x)]);
              freeAll(others.carried());
            } finally {
              others.end();
            }
          };
          return {
            step: (x) => {
              tried(
                () => ended(x),
                () => {},
              );
              return steps.step(x);
            },
            run: (time, xs) => steps.run(time, xs),
            carried: () => steps.carried(),
            end: () => {
              steps.end();
              freeAll(carried);
            },
          };
        },
      });
    },
  };
}

const options = {
  dtypes: ['float32', 'int32'],
  special: { largestInteger: LARGEST_INTEGER, largestAngle: 10_000 },
} as const;
describeBackend('gpujs whose kernels fail', failing, options);
describeLoops('gpujs whose kernels fail', failing, { every: 16 });

it.each([
  ['LSTM', (rng: Rng) => new LstmCell({ inputSize: 3, hiddenSize: 4, rng })],
  ['layer norm LSTM', (rng: Rng) => new LayerNormLstmCell({ inputSize: 3, hiddenSize: 4, rng })],
])('steps one at a time, of which calls fail, are those of scan: %s', async (_, make) => {
  const before = failures;
  const backend = await failing();
  const [streamed, scanned] = withBackend(backend, () => {
    const cell = make(new Rng(1));
    const stream = new Stream<State>({ cell, batch: 2 });
    const xs = new Rng(2).normal([2, 4, 3]);
    const ys = [0, 1, 2, 3].map((t) => [...stream.step(xs.slice(1, t, 1).reshape([2, 3])).dataSync()]);
    const all = [...scan(cell, xs)[0].transpose([1, 0, 2]).dataSync()];
    return [ys.flat(), all];
  });
  for (const [i, y] of scanned.entries()) expect(streamed[i]).toBeCloseTo(y, 5);
  expect(failures - before).toBeGreaterThan(20);
});

it('calls did fail', () => {
  expect(failures).toBeGreaterThan(10_000);
});
