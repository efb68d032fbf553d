import { cpu } from '@unroll/backend-cpu';
import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { getBackend, setBackend, withBackend } from './active-backend.ts';
import { arange, eye, full, ones, tensor, zeros } from './create.ts';
import { add, div, maximum, minimum, mul, sub, where } from './ops/elementwise.ts';
import { matmul } from './ops/matmul.ts';
import { concat, scatterAdd, select, stack, unstack } from './ops/movement.ts';
import { Parameter } from './parameter.ts';
import { Rng } from './rng.ts';
import type { Tensor } from './tensor.ts';

const list = (x: Tensor): readonly number[] => [...x.dataSync()];
const x23 = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe('creation', () => {
  it('takes numbers, nested arrays and typed arrays', async () => {
    expect(tensor(3).shape).toEqual([]);
    expect(x23().shape).toEqual([2, 3]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor(Float64Array.of(1, 2)).dtype).toBe('float64');
    const rows = tensor([Float64Array.of(1, 2), [3, 4]]);
    expect([rows.shape, rows.dtype, list(rows)]).toEqual([[2, 2], 'float32', [1, 2, 3, 4]]);
    expect(tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }).dtype).toBe('int32');
    expect(tensor([1, 2], { dtype: 'int32' }).dtype).toBe('int32');
    expect([...(await tensor(Float32Array.of(1, 2), { dtype: 'float64' }).data())]).toEqual([1, 2]);
  });

  it('copies its data', () => {
    const data = Float32Array.of(1, 2);
    const x = tensor(data);
    data[0] = 9;
    expect(list(x)).toEqual([1, 2]);
    x.dataSync()[0] = 9;
    expect(list(x)).toEqual([1, 2]);
  });

  it('refuses rows of different lengths and data that does not fill the shape', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow('the rows differ: 1 entries at axis 1');
    expect(() => tensor([[1], 2])).toThrow('a number at axis 1');
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow('3 numbers do not fill the shape [2, 2]');
    expect(() => zeros([2, -1])).toThrow('is no shape');
  });

  it('says what is no number, no shape and no dtype', () => {
    // @ts-expect-error what JavaScript users may pass
    expect(() => tensor(['a', 'b'])).toThrow('tensor: element 0 is "a", not a number.');
    // @ts-expect-error the same
    expect(() => tensor([1, true])).toThrow('tensor: element 1 is true, not a number.');
    // @ts-expect-error the same
    expect(() => tensor(undefined)).toThrow('tensor: element 0 is undefined, not a number.');
    // @ts-expect-error the same
    expect(() => tensor([tensor([1])])).toThrow('element 0 is an object (Tensor), not a number. Words become');
    // @ts-expect-error the same
    expect(() => tensor(BigInt64Array.of(1n))).toThrow('for a BigInt64Array. Give Int32Array.from(data, Number).');
    // @ts-expect-error the same
    expect(() => zeros(3)).toThrow('zeros: the shape is 3; it must be a list, as [2, 3].');
    expect(() => ones([2, -1])).toThrow('ones: [2, -1] is no shape: lengths are integers from 0 on.');
    expect(() => new Rng(1).normal([NaN])).toThrow('Rng: [NaN] is no shape');
    // @ts-expect-error the same
    expect(() => zeros([1], { dtype: 'float16' })).toThrow('float16 is no dtype. Give float32, float64 or int32.');
    // @ts-expect-error the same
    expect(() => new Parameter(3)).toThrow('Parameter: expected a tensor, got 3. Give tensor(…).');
    // @ts-expect-error the same
    expect(() => new Parameter([1, 2])).toThrow('got an object (Array).');
    // @ts-expect-error the same
    expect(() => new Parameter(null)).toThrow('got null.');
  });

  it('makes no int32 of what is none', () => {
    const int32 = { dtype: 'int32' } as const;
    for (const number of [1.5, NaN, 2 ** 31, -(2 ** 31) - 1]) {
      expect(() => tensor([0, number], int32)).toThrow(`tensor: ${number} is no int32`);
      expect(() => tensor(Float64Array.of(number), int32)).toThrow(`tensor: ${number} is no int32`);
      expect(() => full([2], number, int32)).toThrow(`full: ${number} is no int32`);
    }
    expect(list(tensor([2 ** 31 - 1, -(2 ** 31), -0], int32))).toEqual([2 ** 31 - 1, -(2 ** 31), 0]);
  });

  it('fills', () => {
    expect(list(zeros([2]))).toEqual([0, 0]);
    expect(list(ones([2], { dtype: 'float64' }))).toEqual([1, 1]);
    expect(list(full([2], 7, { dtype: 'int32' }))).toEqual([7, 7]);
    expect(list(arange(3))).toEqual([0, 1, 2]);
    expect(list(arange(1, { start: 0, step: 0.25 }))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(list(arange(0, { start: 3, step: -1 }))).toEqual([3, 2, 1]);
    expect(list(eye(2))).toEqual([1, 0, 0, 1]);
    expect(list(arange(5, { step: 2, dtype: 'int32' }))).toEqual([0, 2, 4]);
    expect(list(arange(1, { step: 2 ** 31, dtype: 'int32' }))).toEqual([0]);
    for (const odd of [null, true, 5n, '3', NaN, Infinity]) {
      expect(() => arange(odd as number)).toThrow('arange: stop is');
      expect(() => arange(3, { start: odd as number })).toThrow('arange: start is');
    }
    expect(() => arange(2, { step: 0.5, dtype: 'int32' })).toThrow('arange: 0.5 is no int32');
    expect(() => arange(2 ** 31, { start: 2 ** 31 - 2, step: 2 ** 30, dtype: 'int32' })).not.toThrow();
    expect(() => arange(2 ** 32, { step: 2 ** 30, dtype: 'int32' })).toThrow('arange: 3221225472 is no int32');
    expect(() => arange(NaN)).toThrow('arange: stop is NaN; it must be a finite number.');
    for (const size of [-1, 1.5]) expect(() => eye(size)).toThrow(`eye: [${size}, ${size}] is no shape`);
  });
});

describe('ops', () => {
  it('chain and stand alone', () => {
    const y = tensor([1, 2, 3]);
    expect(list(y.add(1))).toEqual(list(add(y, 1)));
    expect(list(y.sub(1))).toEqual(list(sub(y, 1)));
    expect(list(y.mul(2))).toEqual(list(mul(y, 2)));
    expect(list(y.div(2))).toEqual(list(div(y, 2)));
    expect(list(maximum(y, 2))).toEqual([2, 2, 3]);
    expect(list(minimum(y, 2))).toEqual([1, 2, 2]);
    expect(list(matmul(x23(), y.expandDims(1)))).toEqual([14, 32]);
    expect(list(matmul(x23(), x23(), { transposeB: true }))).toEqual([14, 32, 32, 77]);
  });

  it('take Parameters and numbers', () => {
    expect(list(tensor([1, 2]).mul(new Parameter(tensor([3, 4]))))).toEqual([3, 8]);
    expect(tensor(Int32Array.of(1)).add(1).dtype).toBe('int32');
    expect(() => tensor(Int32Array.of(1)).add(0.5)).toThrow(
      "0.5 is no int32. Cast the tensor first: x.cast('float32').",
    );
    expect(Object.is(tensor([1]).mul(-0).item(), -0)).toBe(true);
    expect(tensor([1]).mul(0).item()).toBe(0);
  });

  it('compare', () => {
    const y = tensor([1, 2, NaN]);
    expect(list(y.less(2))).toEqual([1, 0, 0]);
    expect(list(y.greater(1))).toEqual([0, 1, 0]);
    expect(list(y.equal(2))).toEqual([0, 1, 0]);
    expect(list(where(y.equal(2), 10, y))).toEqual([1, 10, NaN]);
    expect(list(where(tensor([0, 1]), 1, 2))).toEqual([2, 1]);
  });

  it('reduce over some axes or all', () => {
    expect(x23().sum().item()).toBe(21);
    expect(list(x23().sum(0))).toEqual([5, 7, 9]);
    expect(x23().sum(-1, { keepDims: true }).shape).toEqual([2, 1]);
    expect(list(x23().mean(1))).toEqual([2, 5]);
    expect(list(x23().max([0, 1]))).toEqual([6]);
    expect(list(x23().argmax())).toEqual([2, 2]);
    expect(list(x23().min(0))).toEqual([1, 2, 3]);
    expect(tensor([3, NaN]).min().item()).toBeNaN();
    expect(zeros([0]).min().item()).toBe(Infinity);
    expect(list(x23().argmin(0))).toEqual([0, 0, 0]);
    expect(x23().argmin(1, { keepDims: true }).shape).toEqual([2, 1]);
    const lowest = tensor([5, -2147483648, 2147483647], { dtype: 'int32' });
    expect([lowest.min().item(), lowest.argmin().item()]).toEqual([-2147483648, 1]);
    expect(list(lowest.minimum(6))).toEqual([5, -2147483648, 6]);
    expect(list(lowest.minimum(-2147483648))).toEqual([-2147483648, -2147483648, -2147483648]);
    expect(zeros([0], { dtype: 'int32' }).min().item()).toBe(2147483647);
    expect(x23().argmax(0, { keepDims: true }).shape).toEqual([1, 3]);
    expect(list(x23().sum([]))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('move', () => {
    expect(x23().reshape([3, -1]).shape).toEqual([3, 2]);
    expect(list(x23().transpose())).toEqual([1, 4, 2, 5, 3, 6]);
    expect(list(x23().reverse(-1))).toEqual([3, 2, 1, 6, 5, 4]);
    expectTypeOf(x23().split(1, 3)).toEqualTypeOf<readonly [Tensor, Tensor, Tensor]>();
    expectTypeOf(x23().split(1, [1, 2])).toEqualTypeOf<readonly [Tensor, Tensor]>();
    expectTypeOf(x23().split(1, Number('3'))).toEqualTypeOf<readonly Tensor[]>();
    expect(x23().split(1, 3).map(list)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(
      x23()
        .split(-1, [1, 2])
        .map((piece) => piece.shape),
    ).toEqual([
      [2, 1],
      [2, 2],
    ]);
    expect(list(x23().slice(1, 1, 1))).toEqual([2, 5]);
    expect(list(tensor([1]).pad(0, 1, 2))).toEqual([0, 1, 0, 0]);
    expect(x23().expandDims(-1).shape).toEqual([2, 3, 1]);
    expect(x23().expandDims(0).squeeze(0).shape).toEqual([2, 3]);
    expect(list(concat([x23(), x23()], 0)).length).toBe(12);
    const parameter = new Parameter(x23());
    expect(list(concat([parameter, x23()], 0))).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expect(stack([parameter, parameter]).shape).toEqual([2, 2, 3]);
    expect(unstack(parameter).map(list)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(list(scatterAdd(parameter, tensor(Int32Array.of(1, 1)), 2))).toEqual([0, 0, 0, 5, 7, 9]);
    // @ts-expect-error what JavaScript users may write
    expect(() => concat([[1], [2]], 0)).toThrow('concat: expected a tensor or a Parameter, got an object (Array).');
    // @ts-expect-error what JavaScript users may write
    expect(() => concat(x23(), x23())).toThrow('concat: got an object (Tensor), no list of tensors: concat([x, y]');
    // @ts-expect-error what JavaScript users may forget
    expect(() => stack()).toThrow('stack: got undefined, no list of tensors');
    expect(stack([x23(), x23()], 1).shape).toEqual([2, 2, 3]);
    expect(unstack(x23(), 1).map(list)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(list(select(x23(), 1, 0))).toEqual([1, 4]);
    expect(list(select(x23(), -1, -1))).toEqual([3, 6]);
    expect(() => select(x23(), 1, 3)).toThrow('select: there is no position 3 along axis 1 of [2, 3].');
    expect(() => select(x23(), 0, -3)).toThrow('no position -3');
    expect(list(x23().gather(tensor(Int32Array.of(1, 0, 1))))).toEqual([4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expect(list(scatterAdd(tensor([1, 2, 4]), tensor(Int32Array.of(2, 0, 2)), 3))).toEqual([2, 0, 5]);
    expect(x23().broadcastTo([2, 2, 3]).shape).toEqual([2, 2, 3]);
  });

  it('say what does not fit, and the remedy', () => {
    expect(() => matmul(zeros([32, 64]), zeros([128, 64]))).toThrow(
      'matmul: [32, 64] × [128, 64]: 64 ≠ 128. Did you mean transposeB?',
    );
    expect(() => zeros([2, 3]).add(zeros([2, 4]))).toThrow(
      'add: shapes [2, 3], [2, 4] do not broadcast: axis -1 has lengths 3 and 4',
    );
    expect(() => zeros([2]).add(zeros([2], { dtype: 'float64' }))).toThrow(
      "add: dtypes float32, float64 differ. Cast one: x.cast('float32').",
    );
    expect(() => zeros([2], { dtype: 'int32' }).add(zeros([2]))).toThrow(
      "add: dtypes int32, float32 differ. Cast one: x.cast('float32').",
    );
    expect((): unknown => Reflect.apply(x23().cast.bind(x23()), undefined, ['double'])).toThrow(
      'cast: double is no dtype. Give float32, float64 or int32.',
    );
    expect((): unknown => Reflect.apply(x23().reshape.bind(x23()), undefined, [3, 2])).toThrow(
      'reshape: the shape is 3; it must be a list, as [2, -1].',
    );
    expect(() => zeros([2]).sum(3)).toThrow('sum: there is no axis 3 in [2]');
    expect(() => zeros([5]).split(0, 2)).toThrow('does not divide into 2 equal parts');
    expect(() => zeros([2, 3]).squeeze(1)).toThrow('not all of length 1');
    expect(() => zeros([2, 3]).reshape([4])).toThrow('The number of elements must stay');
    expect(() => zeros([2]).item()).toThrow('has 2 elements, not one');
    // @ts-expect-error what JavaScript users may pass
    expect(() => zeros([2]).add(1n)).toThrow('expected a tensor, a Parameter or a number, got bigint: 1.');
    // @ts-expect-error what JavaScript users may write
    expect(() => zeros([2]).add('1')).toThrow('expected a tensor, a Parameter or a number, got string: "1"');
  });

  it('refuse to mix backends', () => {
    const elsewhere = withBackend(cpu(), () => zeros([2]));
    expect(() => zeros([2]).add(elsewhere)).toThrow(
      'add: one tensor lives on cpu, another on a second backend of that name. Make one backend',
    );
    expect(elsewhere.add(1).backend).toBe(elsewhere.backend);
  });

  it('recognise a tensor of another copy of the package', () => {
    const foreign = Object.create({ [Symbol.for('@unroll/tensor')]: {} }) as Tensor;
    expect(() => zeros([2]).add(foreign)).toThrow('Two copies of @unroll/tensor');
  });
});

describe('printing', () => {
  it('shows small tensors whole and large ones by their edges', () => {
    expect(inspect(x23())).toBe('Tensor float32 [2, 3]\n[[1, 2, 3],\n [4, 5, 6]]');
    expect(String(tensor(0.5))).toBe('Tensor float32 []\n0.5');
    expect(String(arange(100))).toContain('[ 0,  1,  2, …, 97, 98, 99]');
    expect(inspect({ nested: tensor([1]) })).toContain('Tensor float32 [1]');
    const freed = tensor([1]);
    freed.dispose();
    expect(String(freed)).toBe('Tensor float32 [1] (freed)');
  });
});

describe('the active backend', () => {
  it('is a backend, not a promise of one', () => {
    const backend = getBackend();
    // @ts-expect-error what JavaScript users may pass
    expect(() => setBackend(Promise.resolve(cpu()))).toThrow(
      'setBackend: a promise was given, not a backend. Await it',
    );
    // @ts-expect-error the same
    expect(() => setBackend(cpu)).toThrow('setBackend: a function was given, not a backend. Make one');
    // @ts-expect-error the same
    expect(() => withBackend('wasm', () => 1)).toThrow('withBackend: wasm was given, not a backend.');
    expect(getBackend()).toBe(backend);
  });

  it('is where new tensors are made', () => {
    const before = getBackend();
    const other = cpu();
    setBackend(other);
    expect(zeros([1]).backend).toBe(other);
    setBackend(before);
    expect(zeros([1]).backend).toBe(before);
    expect(() =>
      withBackend(other, () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(getBackend()).toBe(before);
  });
});
