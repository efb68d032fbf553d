import { LayerNorm } from '@unroll/layers';
import { Rng, tensor, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gru } from '../presets.ts';
import { NormalizedLayer } from './normalized-layer.ts';
import { ResidualLayer } from './residual-layer.ts';

const rng = new Rng(1);
const xs = rng.normal([2, 3, 4]);
const mask = tensor([
  [1, 1, 1],
  [1, 0, 0],
]);
const layer = gru({ inputSize: 4, hiddenSize: 4, rng });

describe('wrappers around sequence layers', () => {
  it('ResidualLayer adds the input at live steps, and refuses other sizes', () => {
    const [ys] = new ResidualLayer({ layer }).forward(where(mask.expandDims(2), xs, NaN), { mask });
    const expected = where(mask.expandDims(2), layer.forward(xs)[0].add(xs), 0);
    expect(ys.sub(expected).abs().max().item()).toBeLessThan(1e-6);
    expect(() => new ResidualLayer({ layer: gru({ inputSize: 4, hiddenSize: 3, rng }) })).toThrow('takes 4 features');
  });

  it('NormalizedLayer normalizes before, behind or both, at live steps', () => {
    const norm = (): LayerNorm => {
      const made = new LayerNorm({ size: 4 });
      made.bias!.value = rng.normal([4]);
      return made;
    };
    const [input, output] = [norm(), norm()];
    const spoilt = where(mask.expandDims(2), xs, NaN);
    const [before] = new NormalizedLayer({ layer, input }).forward(spoilt, { mask });
    const [behind] = new NormalizedLayer({ layer, output }).forward(spoilt, { mask });
    const [both] = new NormalizedLayer({ layer, input, output }).forward(spoilt, { mask });
    const live = mask.expandDims(2);
    const inner = layer.forward(input.forward(xs))[0];
    for (const [actual, expected] of [
      [before, inner],
      [behind, output.forward(layer.forward(xs)[0])],
      [both, output.forward(inner)],
    ] as const) {
      expect(
        actual
          .sub(where(live, expected, 0))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-5);
    }
    expect(new NormalizedLayer({ layer }).output).toBeInstanceOf(LayerNorm);
    expect(new NormalizedLayer({ layer, input }).output).toBeUndefined();
  });
});
