import { describe, expect, it } from 'vitest';
import type { Backend } from '../backend.ts';
import type { Buffer, TypedArray } from '../buffer.ts';
import type { Primitive } from '../primitives.ts';
import { primitiveNames } from '../signatures.ts';
import { checkCase } from './check.ts';
import { type Property, contract } from './contract.ts';
import { describeBackend } from './describe-backend.ts';
import { naiveBackend } from './naive-backend.ts';
import { suites } from './suites.ts';

describeBackend('naive', naiveBackend, { dtypes: ['float32', 'int32'] });

/** How many cases of a primitive a backend fails. */
async function failures(backend: Backend, primitive: Primitive): Promise<number> {
  const scope = { dtype: 'float32', dtypes: ['float32'], special: {} } as const;
  const results = await Promise.allSettled(
    suites[primitive].cases(scope).map((example) => checkCase(backend, primitive, scope, example, {})),
  );
  return results.filter(({ status }) => status === 'rejected').length;
}

/** The same backend with its results changed after the kernels. */
function disturbed(disturb: (data: TypedArray) => void): Backend {
  const backend = naiveBackend();
  const made = new Set<Buffer>();
  const upload: Backend['upload'] = (data, signature) => {
    const buffer = backend.upload(data, signature);
    made.add(buffer);
    return buffer;
  };
  const download: Backend['download'] = async (buffer) => {
    const data = await backend.download(buffer);
    if (!made.has(buffer)) disturb(data);
    return data;
  };
  return { ...backend, upload, download };
}

describe('a wrong backend is found out', () => {
  it.each(primitiveNames)('%s with one wrong element', async (primitive) => {
    const backend = disturbed((data) => {
      if (data.length > 1) data[data.length - 1]! += 1;
    });
    expect(await failures(backend, primitive)).toBeGreaterThan(3);
  });

  it('a relative error of 1e-5', async () => {
    const backend = disturbed((data) => {
      for (let i = 0; i < data.length; i++) data[i]! *= 1 + 1e-5;
    });
    for (const primitive of ['exp', 'tanh', 'erf', 'add', 'matmul', 'sum', 'scatterAdd'] as const) {
      expect(await failures(backend, primitive)).toBeGreaterThan(5);
    }
  });

  it('NaN that becomes 0', async () => {
    const backend = disturbed((data) => data.forEach((value, i) => Number.isNaN(value) && (data[i] = 0)));
    for (const primitive of ['relu', 'maximum', 'max', 'matmul', 'sigmoid', 'div'] as const) {
      expect(await failures(backend, primitive)).toBeGreaterThan(0);
    }
  });

  it('a kernel that hands its input on as its output', async () => {
    const backend = naiveBackend();
    const primitives: Backend['primitives'] = { ...backend.primitives, broadcast: ([x]) => [x!] };
    expect(await failures({ ...backend, primitives }, 'broadcast')).toBeGreaterThan(10);
  });

  it('flags of a matrix product that are ignored', async () => {
    const backend = naiveBackend();
    const matmul: Backend['primitives']['matmul'] = (inputs, attrs, outputs) =>
      backend.primitives.matmul(inputs, { ...attrs, transposeB: false }, outputs);
    expect(await failures({ ...backend, primitives: { ...backend.primitives, matmul } }, 'matmul')).toBeGreaterThan(10);
  });
});

describe('a broken promise is found out', () => {
  const broken: Partial<Record<Property, (backend: Backend) => Partial<Backend>>> = {
    'a synchronous download gives the same': () => ({ downloadSync: () => Float32Array.of(3, 2, 1) }),
    'an upload whose array does not fit is refused': (backend) => ({
      upload: (data) => backend.upload(data, { shape: [data.length], dtype: 'float32' }),
    }),
    'shared memory lives until its last handle is freed': () => ({ share: (buffer) => buffer }),
    'a freed buffer is refused': () => ({ free: () => {} }),
    'an index out of range is refused': (backend) => ({
      primitives: {
        ...backend.primitives,
        gather: ([table], attrs, outputs) => {
          const zeros = backend.upload(Int32Array.of(0, 0), { shape: [2], dtype: 'int32' });
          return backend.primitives.gather([table!, zeros], attrs, outputs);
        },
      },
    }),
  };

  it.each(Object.keys(broken) as Property[])('%s', async (property) => {
    const backend = naiveBackend();
    await expect(contract[property]({ ...backend, ...broken[property]!(backend) })).rejects.toThrow(Error);
  });
});
