// What GPU.js would get wrong without a word: here it is right, or an error.
import { type Backend, type Tensor, UnrollError, concat, scatterAdd, tensor, withBackend, zeros } from '@unroll/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { missing, mode, theBackend, title } from './setting.ts';

describe.skipIf(missing)(`guards on ${title}`, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await theBackend();
  });

  /** The numbers 0 … n − 1, with some of them made large. */
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i % 1000);
  /** Computes on the backend, and reads. */
  const read = async (fn: () => ReturnType<typeof tensor>): Promise<number[]> => [
    ...(await withBackend(backend, fn).data()),
  ];

  it('as many arguments as one likes: forty tensors in one concat', async () => {
    const parts = Array.from({ length: 40 }, (_, i) => [i, -i]);
    expect(
      await read(() =>
        concat(
          parts.map((part) => tensor(part)),
          0,
        ),
      ),
    ).toEqual(parts.flat());
  });

  it.each([[20_011], [2, 20_011], [20_011, 2], [3, 9001], [1, 1, 16_385]])(
    'sides longer than those of a texture: %j %j',
    async (...shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const numbers = count(size);
      expect(await read(() => tensor(numbers).reshape(shape).add(1))).toEqual(numbers.map((x) => x + 1));
      const last = shape.at(-1)!;
      const sums = Array.from({ length: size / last }, (_, row) =>
        numbers.slice(row * last, (row + 1) * last).reduce((a, b) => a + b, 0),
      );
      // Below 2²⁴ sums of whole numbers are exact.
      expect(
        await read(() =>
          tensor(numbers)
            .reshape(shape)
            .sum(-1)
            .reshape([size / last]),
        ),
      ).toEqual(sums);
    },
  );

  it('sides longer than those of a texture, in a transposed matrix and in logits', async () => {
    const [rows, columns] = [2, 9001];
    const numbers = count(rows * columns);
    const expected = Array.from(
      { length: rows * columns },
      (_, i) => numbers[(i % rows) * columns + Math.floor(i / rows)]!,
    );
    expect(await read(() => tensor(numbers).reshape([rows, columns]).transpose())).toEqual(expected);
    const products = await read(() => tensor([[1], [2]]).matmul(tensor([numbers.slice(0, columns)])));
    expect(products).toEqual([...numbers.slice(0, columns), ...numbers.slice(0, columns).map((x) => 2 * x)]);
  });

  it('loops longer than a thousand rounds: a sum, a product, a table of which one row is hit each time', async () => {
    const ones = (n: number) => Array.from({ length: n }, () => 1);
    expect(await read(() => tensor(ones(5000)).sum().reshape([1]))).toEqual([5000]);
    expect(await read(() => tensor([ones(3001)]).matmul(tensor(ones(3001)).reshape([3001, 1])))).toEqual([3001]);
    const hits = await read(() => {
      const indices = tensor(ones(1500), { dtype: 'int32' });
      return scatterAdd(tensor(ones(1500)), indices, 3);
    });
    expect(hits).toEqual([0, 1500, 0]);
  });

  it('tanh of large numbers, log of 0, the larger of a number and NaN', async () => {
    expect(await read(() => tensor([-1e4, -100, 0, 100, 1e4]).tanh())).toEqual([-1, -1, 0, 1, 1]);
    expect(await read(() => tensor([0, 1]).log())).toEqual([-Infinity, 0]);
    expect(await read(() => tensor([NaN, -1, 2]).relu())).toEqual([NaN, 0, 2]);
    expect(await read(() => tensor([NaN, 0]).maximum(tensor([0, NaN])))).toEqual([NaN, NaN]);
  });

  it('an earlier result stands when the same op runs again', async () => {
    const [first, second] = withBackend(backend, () => [tensor([1, 2]).add(1), tensor([5, 6]).add(1)]);
    expect([[...(await first.data())], [...(await second.data())]]).toEqual([
      [2, 3],
      [6, 7],
    ]);
  });

  it('an index out of range is an error with its code', async () => {
    for (const index of [-1, 3]) {
      await expect(
        read(() => tensor([[1], [2], [3]]).gather(tensor([0, index], { dtype: 'int32' }))),
      ).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' });
    }
  });

  it('a freed handle is an error', () => {
    const buffer = backend.upload(Float32Array.of(1, 2), { shape: [2], dtype: 'float32' });
    backend.free(buffer);
    expect(() => backend.primitives.neg([buffer], {}, [buffer])).toThrow(UnrollError);
    expect(() => backend.share(buffer)).toThrow(UnrollError);
    expect(() => backend.free(buffer)).toThrow(UnrollError);
  });

  it('float64 is an error that names the remedy', () => {
    withBackend(backend, () => expect(() => zeros([2], { dtype: 'float64' })).toThrow(/float32/));
  });

  it.each([2 ** 24, 2 ** 24 + 1, -(2 ** 24) - 1, 2 ** 31 - 1])(
    'the whole number %i comes back as it is, or is refused; it is never rounded',
    async (n) => {
      const whole = (fn: (x: Tensor) => Tensor) => read(() => fn(tensor([n, 1], { dtype: 'int32' })));
      const results = await Promise.allSettled([
        whole((x) => x),
        whole((x) => x.mul(1)),
        whole((x) => x.reshape([2, 1])),
      ]);
      for (const result of results) {
        if (result.status === 'fulfilled') expect(result.value).toEqual([n, 1]);
        else expect(result.reason).toBeInstanceOf(UnrollError);
      }
      if (Math.abs(n) <= 2 ** 24) expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    },
  );

  it('whether it can be read without waiting is what it says', () => {
    const x = withBackend(backend, () => tensor([1, 2]));
    if (mode === 'webgpu') expect(() => x.dataSync()).toThrow(/data\(\)/);
    else expect([...x.dataSync()]).toEqual([1, 2]);
  });
});
