import { expect } from 'vitest';
import type { Backend, Kernel } from '../backend.ts';
import type { DType } from '../buffer.ts';
import { type FusedAttrs, type FusedOp, inferFusedSignatures } from '../fused.ts';
import type { Case, Scope } from './case.ts';
import { type Errors, compare } from './compare.ts';
import { defaultFill, filled, randomFrom } from './inputs.ts';
import { fusedReference } from './reference-fused.ts';
import type { Tolerance } from './tolerance.ts';

/** Some ten roundings of numbers of the order of 1, and sums of some hundred terms. */
export const FUSED_TOLERANCES: Readonly<Record<DType, Tolerance>> = {
  float32: { relative: 4e-6, absolute: 4e-6 },
  float64: { relative: 2e-14, absolute: 2e-14 },
  int32: { relative: 0, absolute: 0 },
};

/** Runs one case on a backend's kernel for a whole op, and holds it to the reference, to the same bits when run again. */
export async function checkFused<F extends FusedOp>(
  backend: Backend,
  op: F,
  { dtype, special }: Scope,
  { title, inputs, attrs }: Case<FusedAttrs[F]>,
): Promise<Errors> {
  const kernel = backend.fused![op] as Kernel<FusedAttrs[F]>;
  const random = randomFrom(`${op} ${title}`);
  const values = inputs.map(({ shape, dtype: own = dtype, fill = defaultFill(own) }) => {
    return { shape, dtype: own, data: filled(own, shape, fill, random) };
  });
  const signatures = inferFusedSignatures(op, values, attrs);
  const buffers = values.map((value) => backend.upload(value.data, value));
  const outputs = kernel(buffers, attrs, signatures);
  const again = kernel(buffers, attrs, signatures);
  const handles = [...buffers, ...outputs, ...again];
  const downloads = await Promise.all(handles.map((buffer) => backend.download(buffer)));
  for (const buffer of handles) backend.free(buffer);

  expect(outputs.map((output) => ({ shape: output.shape, dtype: output.dtype }))).toEqual(signatures);
  expect(new Set(handles).size, 'every output is a handle of its own').toBe(handles.length);
  const untouched = values.every(({ data }, i) => data.every((value, j) => Object.is(value, downloads[i]![j])));
  expect(untouched, 'inputs are never written').toBe(true);
  const expected = fusedReference[op](values, attrs);
  let worst = 0;
  let used = 0;
  for (const [i, signature] of signatures.entries()) {
    const result = downloads[buffers.length + i]!;
    expect(downloads[buffers.length + outputs.length + i], 'the same bits again').toEqual(result);
    const wanted = expected[i]!;
    const expectation = { ...signature, values: wanted, magnitudes: wanted.map(Math.abs) };
    const errors = compare(result, expectation, FUSED_TOLERANCES[signature.dtype], special);
    if (errors.failure !== undefined) expect.fail(`output ${i}: ${errors.failure}`);
    worst = Math.max(worst, errors.worst);
    used = Math.max(used, errors.used);
  }
  return { worst, used };
}

/** All forms of cross-entropy refuse a target out of range, and name its position. */
export function checkTargets(
  backend: Backend,
  op: 'crossEntropy' | 'crossEntropyWithGradient' | 'crossEntropyMean',
): void {
  const x = { shape: [2, 3, 4], dtype: 'float32' } as const;
  for (const bad of [4, -1, 2 ** 30]) {
    const targets = { shape: [2, 3], dtype: 'int32' } as const;
    const logits = backend.upload(new Float32Array(24), x);
    const positions = backend.upload(Int32Array.of(0, 1, 2, 3, bad, 0), targets);
    const run = (): unknown => {
      const attrs = { ignoreIndex: -100 };
      return backend.fused![op]!([logits, positions], attrs, inferFusedSignatures(op, [x, targets], attrs));
    };
    expect(run).toThrow(`the target at [1, 1] is ${bad}, but there are 4 classes`);
    backend.free(logits);
    backend.free(positions);
  }
}
