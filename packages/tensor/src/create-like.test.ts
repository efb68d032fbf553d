import { cpu } from '@unroll/backend-cpu';
import { expect, it } from 'vitest';
import { onesLike, zerosLike } from './create-like.ts';
import { linspace, tensor } from './create.ts';
import { Parameter } from './parameter.ts';

it('zerosLike and onesLike have shape, dtype and backend of a tensor or a parameter', () => {
  const backend = cpu();
  const x = tensor([[1, 2]], { dtype: 'float64', backend });
  for (const [made, value] of [
    [zerosLike(new Parameter(x)), 0],
    [onesLike(x), 1],
  ] as const) {
    expect([made.shape, made.dtype, made.backend, [...made.dataSync()]]).toEqual([
      [1, 2],
      'float64',
      backend,
      [value, value],
    ]);
  }
});

it('linspace includes both ends', () => {
  expect([...linspace(0, 1, 5).dataSync()]).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(linspace(-1, 0.1, 7, { dtype: 'float64' }).dataSync()[6]).toBe(0.1);
  expect([...linspace(3, 1, 3).dataSync()]).toEqual([3, 2, 1]);
  expect([...linspace(2, 9, 1).dataSync()]).toEqual([2]);
  expect(linspace(0, 1, 0).shape).toEqual([0]);
  expect(() => linspace(0, 1, 2.5)).toThrow('linspace: [2.5] is no shape');
  expect(() => linspace(0, 1, 2, { dtype: 'int32' })).toThrow('See arange');
});
