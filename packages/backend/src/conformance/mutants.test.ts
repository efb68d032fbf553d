import { describe, expect, it } from 'vitest';
import type { Backend, PrimitiveKernels } from '../backend.ts';
import { type Buffer, type Signature, type TypedArray, allocate } from '../buffer.ts';
import type { Primitive } from '../primitives.ts';
import { sizeOf } from '../shape.ts';
import type { Scope } from './case.ts';
import { checkCase } from './check.ts';
import { type Property, contract } from './contract.ts';
import { naiveBackend } from './naive-backend.ts';
import { suites } from './suites.ts';

/** A backend that is wrong on purpose. */
interface Mutant {
  readonly name: string;
  readonly caughtBy: readonly (Primitive | Property)[];
  readonly of: (backend: Backend) => Partial<Backend>;
}

/** The kernels of a backend, one of them replaced. */
function withKernel(backend: Backend, kernels: Partial<PrimitiveKernels>): Partial<Backend> {
  return { primitives: { ...backend.primitives, ...kernels } };
}

/** What a handle of the backend holds, read at once: a device whose memory is the host's may do so. */
function peek(backend: Backend): { readonly upload: Backend['upload']; readonly read: (buffer: Buffer) => TypedArray } {
  const held = new WeakMap<Buffer, TypedArray>();
  const upload: Backend['upload'] = (data, signature) => {
    const buffer = backend.upload(data, signature);
    held.set(buffer, data.slice());
    return buffer;
  };
  return { upload, read: (buffer) => held.get(buffer)! };
}

function made(backend: Backend, signature: Signature, values: (i: number) => number): Buffer {
  const data = allocate(signature.dtype, sizeOf(signature.shape));
  for (let i = 0; i < data.length; i++) data[i] = values(i);
  return backend.upload(data, signature);
}

/** Gives what `change` makes of the first input's elements, in the shape of the result. */
function changed(
  backend: Backend,
  primitive: Primitive,
  change: (x: TypedArray, i: number) => number,
): Partial<Backend> {
  const { upload, read } = peek(backend);
  const kernel: PrimitiveKernels['neg'] = ([x], _attrs, [output]) => [
    made(backend, output!, (i) => change(read(x!), i)),
  ];
  return { upload, primitives: { ...backend.primitives, [primitive]: kernel } };
}

const mutants: readonly Mutant[] = [
  {
    name: 'broadcasts by repeating the shorter input from its start, whatever its axes',
    caughtBy: ['add'],
    of: (backend) => {
      const { upload, read } = peek(backend);
      return {
        upload,
        ...withKernel(backend, {
          add: ([x, y], _attrs, [output]) => {
            const [a, b] = [read(x!), read(y!)];
            return [made(backend, output!, (i) => a[i % a.length]! + b[i % b.length]!)];
          },
        }),
      };
    },
  },
  {
    name: 'multiplies without regard to transposeA',
    caughtBy: ['matmul'],
    of: (backend) =>
      withKernel(backend, {
        matmul: (inputs, attrs, outputs) => backend.primitives.matmul(inputs, { ...attrs, transposeA: false }, outputs),
      }),
  },
  {
    name: 'multiplies without regard to transposeB',
    caughtBy: ['matmul'],
    of: (backend) =>
      withKernel(backend, {
        matmul: (inputs, attrs, outputs) => backend.primitives.matmul(inputs, { ...attrs, transposeB: false }, outputs),
      }),
  },
  {
    name: 'swaps the operands of a difference',
    caughtBy: ['sub'],
    of: (backend) =>
      withKernel(backend, {
        sub: ([x, y], attrs, outputs) => backend.primitives.sub([y!, x!], attrs, outputs),
      }),
  },
  {
    name: 'takes NaN for 0 in relu',
    caughtBy: ['relu'],
    of: (backend) => changed(backend, 'relu', (x, i) => (x[i]! > 0 ? x[i]! : 0)),
  },
  {
    name: 'loses NaN in maximum',
    caughtBy: ['maximum'],
    of: (backend) => {
      const { less, where } = backend.primitives;
      return withKernel(backend, {
        maximum: ([x, y], attrs, outputs) => {
          const [smaller] = less([x!, y!], attrs, outputs);
          return where([smaller!, y!, x!], attrs, outputs);
        },
      });
    },
  },
  {
    name: 'starts max at 0',
    caughtBy: ['max'],
    of: (backend) =>
      withKernel(backend, {
        max: (inputs, attrs, outputs) => {
          const largest = backend.primitives.max(inputs, attrs, outputs)[0]!;
          return backend.primitives.relu([largest], {}, outputs);
        },
      }),
  },
  {
    name: 'finds the last of equal largest elements',
    caughtBy: ['argmax'],
    of: (backend) =>
      withKernel(backend, {
        argmax: ([x], { axis }, outputs) => {
          const reversed = backend.primitives.reverse([x!], { axis }, [x!])[0]!;
          const position = backend.primitives.argmax([reversed], { axis }, outputs)[0]!;
          const last = backend.upload(Int32Array.of(x!.shape[axis]! - 1), { shape: [], dtype: 'int32' });
          return backend.primitives.sub([last, position], {}, outputs);
        },
      }),
  },
  {
    name: 'transposes by the inverse of the order',
    caughtBy: ['transpose'],
    of: (backend) =>
      withKernel(backend, {
        transpose: (inputs, { order }, outputs) => {
          const inverse = order.map((_, axis) => order.indexOf(axis));
          return backend.primitives.transpose(inputs, { order: inverse }, outputs);
        },
      }),
  },
  {
    name: 'slices from 0 on',
    caughtBy: ['slice'],
    of: (backend) =>
      withKernel(backend, {
        slice: (inputs, attrs, outputs) => backend.primitives.slice(inputs, { ...attrs, start: 0 }, outputs),
      }),
  },
  {
    name: 'pads with as much before as after',
    caughtBy: ['pad'],
    of: (backend) =>
      withKernel(backend, {
        pad: (inputs, { axis, before, after }, outputs) =>
          backend.primitives.pad(inputs, { axis, before: after, after: before }, outputs),
      }),
  },
  {
    name: 'keeps one of equal indices instead of adding them up',
    caughtBy: ['scatterAdd'],
    of: (backend) => {
      const { upload, read } = peek(backend);
      return {
        upload,
        ...withKernel(backend, {
          scatterAdd: ([updates, indices], { rows }, [output]) => {
            const width = rows === 0 ? 0 : sizeOf(output!.shape) / rows;
            const [given, at] = [read(updates!), read(indices!)];
            return [
              made(backend, output!, (i) => {
                const last = at.lastIndexOf(Math.floor(i / width));
                return last < 0 ? 0 : given[last * width + (i % width)]!;
              }),
            ];
          },
        }),
      };
    },
  },
  {
    name: 'lets an index count from the end',
    caughtBy: ['an index out of range is refused'],
    of: (backend) => {
      const { upload, read } = peek(backend);
      return {
        upload,
        ...withKernel(backend, {
          gather: ([table, indices], attrs, outputs) => {
            const rows = table!.shape[0]!;
            const wrapped = made(backend, indices!, (i) => ((read(indices!)[i]! % rows) + rows) % rows);
            return backend.primitives.gather([table!, wrapped], attrs, outputs);
          },
        }),
      };
    },
  },
  {
    name: 'overflows in sigmoid',
    caughtBy: ['sigmoid'],
    of: (backend) => changed(backend, 'sigmoid', (x, i) => Math.exp(x[i]!) / (1 + Math.exp(x[i]!))),
  },
  {
    name: 'approximates tanh by a short fraction',
    caughtBy: ['tanh'],
    of: (backend) => changed(backend, 'tanh', (x, i) => (x[i]! * (27 + x[i]! ** 2)) / (27 + 9 * x[i]! ** 2)),
  },
  {
    name: 'adds up in half precision, or nearly',
    caughtBy: ['sum'],
    of: (backend) =>
      withKernel(backend, {
        sum: (inputs, attrs, outputs) => {
          const total = backend.primitives.sum(inputs, attrs, outputs)[0]!;
          const factor = backend.upload(Float32Array.of(1 + 2 ** -12), { shape: [], dtype: 'float32' });
          return backend.primitives.mul([total, factor], {}, outputs);
        },
      }),
  },
  {
    name: 'gives indices as float32',
    caughtBy: ['argmax'],
    of: (backend) =>
      withKernel(backend, {
        argmax: (inputs, attrs, [output]) =>
          backend.primitives.argmax(inputs, attrs, [{ shape: output!.shape, dtype: 'float32' }]),
      }),
  },
  {
    name: 'drops reduced axes',
    caughtBy: ['sum'],
    of: (backend) =>
      withKernel(backend, {
        sum: (inputs, attrs, [output]) => {
          const total = backend.primitives.sum(inputs, attrs, [output!])[0]!;
          const shape = output!.shape.filter((_, axis) => !attrs.axes.includes(axis));
          return backend.primitives.reshape([total], { shape }, [{ shape, dtype: output!.dtype }]);
        },
      }),
  },
  {
    name: 'hands its input on as its result',
    caughtBy: ['reshape', 'results outlive their inputs, and inputs their results'],
    of: (backend) =>
      withKernel(backend, {
        reshape: ([x], attrs, outputs) =>
          x!.shape.length === attrs.shape.length ? [x!] : backend.primitives.reshape([x!], attrs, outputs),
      }),
  },
  {
    name: 'frees its input',
    caughtBy: ['neg', 'freed memory is used again without touching what lives'],
    of: (backend) =>
      withKernel(backend, {
        neg: ([x], attrs, outputs) => {
          const results = backend.primitives.neg([x!], attrs, outputs);
          backend.free(x!);
          return results;
        },
      }),
  },
  {
    name: 'does not count shares: the first free takes the memory away',
    caughtBy: ['shared memory lives until its last handle is freed'],
    of: (backend) => {
      const twins = new Map<Buffer, Buffer>();
      return {
        share: (buffer) => {
          const twin = backend.share(buffer);
          twins.set(buffer, twin);
          return twin;
        },
        free: (buffer) => {
          backend.free(buffer);
          const twin = twins.get(buffer);
          if (twin) backend.free(twin);
        },
      };
    },
  },
  {
    name: 'takes a handle back twice',
    caughtBy: ['a freed buffer is refused'],
    of: (backend) => {
      const freed = new WeakSet<Buffer>();
      return {
        free: (buffer) => {
          if (!freed.has(buffer)) backend.free(buffer);
          freed.add(buffer);
        },
      };
    },
  },
  {
    name: 'keeps the array of an upload',
    caughtBy: ['an upload is a copy'],
    of: (backend) => {
      const kept = new WeakMap<Buffer, TypedArray>();
      return {
        upload: (data, signature) => {
          const buffer = backend.upload(data, signature);
          kept.set(buffer, data);
          return buffer;
        },
        download: async (buffer) => kept.get(buffer)?.slice() ?? backend.download(buffer),
      };
    },
  },
  {
    name: 'hands its memory out as a download',
    caughtBy: ['a download is a copy'],
    of: (backend) => {
      const held = new WeakMap<Buffer, TypedArray>();
      return {
        download: async (buffer) => {
          const data = held.get(buffer) ?? (await backend.download(buffer));
          held.set(buffer, data);
          return data;
        },
      };
    },
  },
  {
    name: 'reads late: what a download gives is what the memory holds when it is looked at',
    caughtBy: ['ops take effect in the order of their calls'],
    of: (backend) => ({ download: async (buffer) => Promise.resolve().then(() => backend.download(buffer)) }),
  },
  {
    name: 'uploads without looking at the length',
    caughtBy: ['an upload whose array does not fit is refused'],
    of: (backend) => ({
      upload: (data, { shape, dtype }) => {
        const fitting = allocate(dtype, sizeOf(shape));
        fitting.set(data.subarray(0, fitting.length));
        return backend.upload(fitting, { shape, dtype });
      },
    }),
  },
  {
    name: 'gives memory to the next op while another handle still needs it',
    caughtBy: ['freed memory is used again without touching what lives'],
    of: (backend) => {
      // A pool that believes that a result shares nothing with what is computed next.
      let last: Buffer | undefined;
      return withKernel(backend, {
        sub: (inputs, attrs, outputs) => {
          const results = backend.primitives.sub(inputs, attrs, outputs);
          if (last) return [backend.share(last)];
          last = backend.share(results[0]!);
          return results;
        },
      });
    },
  },
];

const scope: Scope = { dtype: 'float32', dtypes: ['float32', 'int32'], special: {} };

/** How many checks of that name fail. */
async function failures(backend: Backend, name: Primitive | Property): Promise<number> {
  if (name in contract) {
    return contract[name as Property](backend).then(
      () => 0,
      () => 1,
    );
  }
  const primitive = name as Primitive;
  let failed = 0;
  for (const example of suites[primitive].cases(scope)) {
    // The largest shapes say nothing more here.
    if (example.inputs.some(({ shape }) => sizeOf(shape) > 1000)) continue;
    await checkCase(backend, primitive, scope, example, {}).catch(() => failed++);
  }
  return failed;
}

describe('a backend that is wrong on purpose is caught: one that', () => {
  it.each(mutants)('$name', async ({ caughtBy, of }) => {
    for (const name of caughtBy) {
      const backend = naiveBackend();
      const found = await failures({ ...backend, ...of(backend) }, name);
      expect(found, `checks of ${name} that fail`).toBeGreaterThan(0);
      expect(await failures(naiveBackend(), name), `checks of ${name} that fail without the fault`).toBe(0);
    }
  });
});
