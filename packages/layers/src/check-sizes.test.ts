import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { checkSizes } from './check-sizes.ts';
import { Embedding } from './embedding.ts';
import { Linear } from './linear.ts';

const rng = new Rng(1);

describe('checkSizes', () => {
  it('takes whole numbers from 1 on', () => {
    expect(() => checkSizes({}, { inputSize: 1, hiddenSize: 512 })).not.toThrow();
  });

  it('names the class, the size and what it is', () => {
    class MyCell {
      readonly inputSize = 2;
    }
    const refused: readonly (readonly [given: unknown, text: string])[] = [
      [undefined, 'MyCell: hiddenSize is missing; it must be a whole number from 1 on.'],
      [0, 'MyCell: hiddenSize is 0; it'],
      [-4, 'MyCell: hiddenSize is -4; it'],
      [4.5, 'MyCell: hiddenSize is 4.5; it'],
      [NaN, 'MyCell: hiddenSize is NaN; it'],
      [Infinity, 'MyCell: hiddenSize is Infinity; it'],
      ['4', 'MyCell: hiddenSize is "4"; it'],
      [4n, 'MyCell: hiddenSize is 4n; it'],
      [null, 'MyCell: hiddenSize is null; it'],
    ];
    for (const [given, text] of refused) {
      expect(() => checkSizes(new MyCell(), { inputSize: 2, hiddenSize: given as number })).toThrow(text);
    }
  });

  it('stands before the parameters of a layer', () => {
    // @ts-expect-error what JavaScript users may pass
    expect(() => new Linear({ in: 3, out: 4, rng })).toThrow('Linear: inputSize is missing');
    // @ts-expect-error the same
    expect(() => new Embedding({ numEmbeddings: 5, size: 3, rng })).toThrow('Embedding: count is missing');
  });
});
