import { f64x2, i32, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import { storeFirst } from '../first-lane.ts';
import { FLOAT32, FLOAT64, type FloatLanes } from '../lanes.ts';
import { everywhere, number, overRow, totalOf } from './rows.ts';

/**
 * Exports `layerNorm.dtype(y, mean, d, x, weight, bias, rows, width, n, ε)` and
 * `layerNormGradient.dtype(dx, dWeight, dBias, x, weight, mean, d, dy, rows, width, row, n)`, where dWeight and dBias begin as zeros. Rows
 * have n numbers, which are `width` bytes, and lie `row` bytes apart. For several threads there are `layerNormGradientOfX`, which takes
 * whole rows, and `layerNormGradientTotals`, which takes some columns of all rows.
 */
export function layerNorms(module: ModuleBuilder): void {
  for (const lanes of [FLOAT32, FLOAT64]) {
    forward(module, lanes);
    backward(module, lanes, 'layerNormGradient', ['x', 'totals']);
    backward(module, lanes, 'layerNormGradientOfX', ['x']);
    backward(module, lanes, 'layerNormGradientTotals', ['totals']);
  }
}

function forward(module: ModuleBuilder, lanes: FloatLanes): void {
  const { bytes, sub, mul, add, div } = lanes;
  const parameters = {
    y: 'i32',
    means: 'i32',
    ds: 'i32',
    x: 'i32',
    weight: 'i32',
    bias: 'i32',
    rows: 'i32',
    width: 'i32',
    n: 'f64',
    epsilon: 'f64',
  } as const;
  const reference = module.function(parameters, [], (f, p) => {
    const { y, x, rows, width } = p;
    const { at, total, mean, d } = f.locals({ at: 'i32', total: 'v128', mean: 'v128', d: 'v128' });
    const n = f.let(f64x2.splat(p.n));
    const epsilon = f.let(f64x2.splat(p.epsilon));
    const meanOfTotal = () => f64x2.div(totalOf(total), n);
    f.while(rows, () => {
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, ({ load, addTo }) => addTo(total, load(i32.add(x, at))));
      f.set(mean, everywhere(lanes, meanOfTotal()));
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, ({ load, addTo }) => {
        const centered = f.let(sub(load(i32.add(x, at)), mean));
        addTo(total, mul(centered, centered));
      });
      f.set(d, everywhere(lanes, f64x2.sqrt(f64x2.add(meanOfTotal(), epsilon))));
      overRow(f, lanes, at, width, ({ load, store }) => {
        const normalized = div(sub(load(i32.add(x, at)), mean), d);
        const scaled = mul(normalized, load(i32.add(p.weight, at)));
        f.do(store(i32.add(y, at), add(scaled, load(i32.add(p.bias, at)))));
      });
      f.do(storeFirst(p.means, mean, bytes));
      f.do(storeFirst(p.ds, d, bytes));
      for (const each of [p.means, p.ds]) f.increase(each, bytes);
      for (const each of [x, y]) f.increase(each, width);
      f.increase(rows, -1);
    });
  });
  module.export(`layerNorm.${lanes.dtype}`, reference);
}

/** What a kernel for the derivative computes: the cotangent of x, row by row, and those of weight and bias, which are sums over rows. */
type Results = 'x' | 'totals';

function backward(module: ModuleBuilder, lanes: FloatLanes, name: string, results: readonly Results[]): void {
  const { bytes, sub, mul, add, div, splat } = lanes;
  const [hasX, hasTotals] = [results.includes('x'), results.includes('totals')];
  const parameters = {
    dx: 'i32',
    dWeight: 'i32',
    dBias: 'i32',
    x: 'i32',
    weight: 'i32',
    means: 'i32',
    ds: 'i32',
    dy: 'i32',
    rows: 'i32',
    width: 'i32',
    row: 'i32',
    n: 'f64',
  } as const;
  const reference = module.function(parameters, [], (f, p) => {
    const { rows, width } = p;
    const { at, e, along, mean, d } = f.locals({ at: 'i32', e: 'v128', along: 'v128', mean: 'v128', d: 'v128' });
    const n = f.let(number(lanes, p.n));
    f.while(rows, () => {
      f.set(mean, splat(p.means));
      f.set(d, splat(p.ds));
      f.set(e, v128.zero);
      f.set(along, v128.zero);
      overRow(f, lanes, at, width, ({ load, store, addTo }) => {
        const normalized = f.let(div(sub(load(i32.add(p.x, at)), mean), d));
        const dy = f.let(load(i32.add(p.dy, at)));
        if (hasX) {
          const scaled = f.let(mul(dy, load(i32.add(p.weight, at))));
          addTo(e, scaled);
          addTo(along, mul(scaled, normalized));
        }
        if (hasTotals) {
          const [dWeight, dBias] = [f.let(i32.add(p.dWeight, at)), f.let(i32.add(p.dBias, at))];
          f.do(store(dWeight, add(load(dWeight), mul(dy, normalized))));
          f.do(store(dBias, add(load(dBias), dy)));
        }
      });
      if (hasX) {
        // From here on the means of e and of e ∘ normalized.
        f.set(e, div(everywhere(lanes, totalOf(e)), n));
        f.set(along, div(everywhere(lanes, totalOf(along)), n));
        overRow(f, lanes, at, width, ({ load, store }) => {
          const normalized = div(sub(load(i32.add(p.x, at)), mean), d);
          const scaled = mul(load(i32.add(p.dy, at)), load(i32.add(p.weight, at)));
          f.do(store(i32.add(p.dx, at), div(sub(sub(scaled, e), mul(normalized, along)), d)));
        });
      }
      for (const each of [p.means, p.ds]) f.increase(each, bytes);
      for (const each of [p.x, p.dx, p.dy]) f.increase(each, p.row);
      f.increase(rows, -1);
    });
  });
  module.export(`${name}.${lanes.dtype}`, reference);
}
