import { expect, it } from 'vitest';
import { Rng } from '@unroll/tensor';
import { Embedding, Linear, dropoutMask, glorotNormal, normal, orthogonal, uniform } from '../index.ts';

/** As plain JavaScript may call it: with options that the types forbid. */
const called = (make: new (...args: never) => object, ...args: readonly unknown[]): object =>
  Reflect.construct(make, args);

it('a forgotten rng is an error that names the class or the initializer, and the remedy', () => {
  const remedy = (who: string): object => ({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`^${who}: .* none was given\\. Give rng: new Rng\\(1\\)\\.$`)),
  });
  class Mine extends Linear {}
  expect(() => called(Linear, { inputSize: 2, outputSize: 1 })).toThrow(expect.objectContaining(remedy('Linear')));
  expect(() => called(Mine, { inputSize: 2, outputSize: 1 })).toThrow(expect.objectContaining(remedy('Mine')));
  expect(() => called(Embedding, { count: 2, size: 1 })).toThrow(expect.objectContaining(remedy('Embedding')));
  for (const [who, initializer] of Object.entries({
    uniform: uniform(1),
    normal: normal(),
    orthogonal: orthogonal(),
  })) {
    expect(() => Reflect.apply(initializer, undefined, [[2, 2]])).toThrow(expect.objectContaining(remedy(who)));
  }
  expect(() => Reflect.apply(glorotNormal(), undefined, [[2, 2]])).toThrow(expect.objectContaining(remedy('normal')));
  expect(() => Reflect.apply(dropoutMask, undefined, [[2], 0.5])).toThrow(
    expect.objectContaining(remedy('dropoutMask')),
  );
});

it('a parameter that there is no room for is an error that names its owner, its shape, its bytes and the remedy', () => {
  const rng = new Rng(1);
  const large =
    /^(Linear|Embedding): a parameter \[9000000, 9000000\]: out of memory: .* takes 324000\.0 GB \(324,000,000,000,000 bytes\).*smaller/;
  for (const make of [
    () => new Linear({ inputSize: 9e6, outputSize: 9e6, rng }),
    () => new Embedding({ count: 9e6, size: 9e6, rng }),
    // An initializer with arrays of its own.
    () => new Linear({ inputSize: 9e6, outputSize: 9e6, rng, initializer: orthogonal() }),
  ]) {
    expect(make).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(large) }));
  }
});

it('what an initializer throws for another reason is thrown as it is', () => {
  const own = new RangeError('a gain of -1 is out of range');
  const initializer = (): never => {
    throw own;
  };
  let thrown: unknown;
  try {
    called(Linear, { inputSize: 2, outputSize: 1, rng: new Rng(1), initializer });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBe(own);
});
