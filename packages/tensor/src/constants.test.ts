import { cpu } from '@unroll/backend-cpu';
import { expect, it } from 'vitest';
import { constantBuffer } from './constants.ts';
import { full } from './create.ts';

it('the numbers of equations that are kept reach a bound and stay there', () => {
  const backend = cpu();
  const held = Array.from({ length: 5000 }, (_, i) => {
    const handle = constantBuffer(i, 'float32', backend);
    expect(backend.downloadSync(handle)).toEqual(Float32Array.of(i));
    backend.free(handle);
    return backend.memory().buffers;
  });
  expect(held.slice(0, 1024)).toEqual(Array.from({ length: 1024 }, (_, i) => i + 1));
  expect(new Set(held.slice(1024))).toEqual(new Set([1024]));
});

it('a number that is in use outlives its place among those kept', () => {
  const backend = cpu();
  const first = constantBuffer(0.5, 'float32', backend);
  for (let i = 0; i < 3000; i++) backend.free(constantBuffer(i + 1, 'float32', backend));
  expect(backend.downloadSync(first)).toEqual(Float32Array.of(0.5));
});

it('filled tensors have the number that they were given, −0 and NaN too, and leave nothing else behind', () => {
  const backend = cpu();
  backend.free(constantBuffer(-0, 'float32', backend));
  const before = backend.memory().buffers;
  const filled = full([2, 3], -0, { backend });
  expect([...filled.dataSync()].every((x) => Object.is(x, -0))).toBe(true);
  expect(full([2], NaN, { backend, dtype: 'float64' }).dataSync()).toEqual(Float64Array.of(NaN, NaN));
  filled.dispose();
  expect(backend.memory().buffers).toBe(before + 2);
});
