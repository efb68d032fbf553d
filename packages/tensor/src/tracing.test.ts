import { type PrimitiveKernels, inferSignatures } from '@unroll/backend';
import { describe, expect, it } from 'vitest';
import { tensor } from './create.ts';
import { getBackend } from './active-backend.ts';
import { withRecorder } from './recorder.ts';
import { Tensor } from './tensor.ts';
import { type TracingBackend, isTracing } from './tracing.ts';

/** Writes down the names of ops, and the tensors that were lifted. */
function traceBackend(): { readonly backend: TracingBackend; readonly ops: string[]; readonly lifted: Tensor[] } {
  const ops: string[] = [];
  const lifted: Tensor[] = [];
  const never = (): never => {
    throw new Error('not on paper');
  };
  const backend: TracingBackend = {
    name: 'trace',
    get primitives(): PrimitiveKernels {
      return never();
    },
    upload: (_data, signature) => signature,
    download: never,
    share: (buffer) => buffer,
    free: () => undefined,
    lift: (real) => {
      lifted.push(real);
      return { shape: real.shape, dtype: real.dtype };
    },
    trace: (primitive, inputs, attrs) => {
      ops.push(primitive);
      for (const input of inputs) if (input.backend !== backend) backend.lift(input);
      return inferSignatures(primitive, inputs, attrs);
    },
  };
  return { backend, ops, lifted };
}

describe('a tracing backend', () => {
  it('gets every op on a symbol; real operands are lifted, wherever they stand', () => {
    const { backend, ops, lifted } = traceBackend();
    const x = new Tensor({ shape: [2, 3], dtype: 'float32' }, backend);
    const w = tensor([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const y = w.sum(0).mul(x.matmul(w)).add(1);
    expect(ops).toEqual(['matmul', 'mul', 'add']);
    expect(lifted.map(({ shape }) => shape)).toEqual([[3, 3], [3]]);
    expect(y.backend).toBe(backend);
    expect(y.shape).toEqual([2, 3]);
    expect(isTracing(y.backend)).toBe(true);
    expect(isTracing(getBackend())).toBe(false);
  });

  it('shows recorders the ops on real tensors alone', () => {
    const { backend } = traceBackend();
    const x = new Tensor({ shape: [2], dtype: 'float32' }, backend);
    const heard: string[] = [];
    withRecorder({ record: ({ primitive }) => heard.push(primitive) }, () => tensor([1, 2]).exp().mul(x));
    expect(heard).toEqual(['exp']);
  });
});
