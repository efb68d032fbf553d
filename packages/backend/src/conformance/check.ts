import { expect } from 'vitest';
import type { Backend } from '../backend.ts';
import { type Buffer, type TypedArray, dtypeOf } from '../buffer.ts';
import type { Primitive, PrimitiveAttrs } from '../primitives.ts';
import { inferSignatures } from '../signatures.ts';
import type { Case, Scope } from './case.ts';
import { type Errors, compare } from './compare.ts';
import { defaultFill, filled, randomFrom } from './inputs.ts';
import type { ConformanceOptions } from './options.ts';
import { type HostValue, reference } from './reference.ts';
import { defaultTolerance, isTotal } from './tolerance.ts';

/** Runs one case on a backend and holds it to the reference. Returns the largest errors. */
export async function checkCase<P extends Primitive>(
  backend: Backend,
  primitive: P,
  { dtype, special }: Scope,
  { title, inputs, attrs }: Case<PrimitiveAttrs[P]>,
  tolerances: ConformanceOptions['tolerances'],
): Promise<Errors> {
  const random = randomFrom(`${primitive} ${title}`);
  const values = inputs.map(({ shape, dtype: own = dtype, fill = defaultFill(own) }) => {
    return { shape, dtype: own, data: filled(own, shape, fill, random) };
  });
  const signatures = inferSignatures(primitive, values, attrs);
  const expected = reference[primitive](values, attrs, signatures);
  const measured = isTotal(primitive) ? reference[primitive](values.map(absolute), attrs, signatures) : expected;

  const buffers = values.map((value) => backend.upload(value.data, value));
  const outputs = backend.primitives[primitive](buffers, attrs, signatures);
  const results = await downloads(backend, outputs);
  const inputsAfter = await downloads(backend, buffers);
  const handles: readonly Buffer[] = [...buffers, ...outputs];
  for (const buffer of handles) backend.free(buffer);

  expect(outputs.map((output) => ({ shape: output.shape, dtype: output.dtype }))).toEqual(signatures);
  expect(new Set(handles).size, 'every output is a handle of its own').toBe(handles.length);
  const untouched = inputsAfter.every((data, i) => data.every((value, j) => Object.is(value, values[i]!.data[j])));
  expect(untouched, 'inputs are never written').toBe(true);

  let worst = 0;
  let used = 0;
  for (const [i, signature] of signatures.entries()) {
    expect(dtypeOf(results[i]!), 'the type of the downloaded array').toBe(signature.dtype);
    const tolerance = tolerances?.[primitive]?.[signature.dtype] ?? defaultTolerance(primitive, signature.dtype);
    const expectation = { ...signature, values: expected[i]!, magnitudes: measured[i]!.map(Math.abs) };
    const result = compare(results[i]!, expectation, tolerance, special);
    if (result.failure !== undefined) expect.fail(`output ${i}: ${result.failure}`);
    worst = Math.max(worst, result.worst);
    used = Math.max(used, result.used);
  }
  return { worst, used };
}

function downloads(backend: Backend, buffers: readonly Buffer[]): Promise<TypedArray[]> {
  return Promise.all(buffers.map((buffer) => backend.download(buffer)));
}

function absolute(value: HostValue): HostValue {
  return { ...value, data: Array.from(value.data, Math.abs) };
}
