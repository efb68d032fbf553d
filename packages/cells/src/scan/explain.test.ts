import { vjp } from '@unroll/autograd';
import { Parameter, Rng, type Tensor, concat, matmul, probe, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { LstmCell } from '../lstm.ts';
import { explainScan } from './explain.ts';
import { scanReport } from './scan-report.ts';

const lstm = new LstmCell({ inputSize: 65, hiddenSize: 128, rng: new Rng(1) });

describe('explainScan', () => {
  it('wants a cell', () => {
    const layer = { forward: () => undefined };
    expect((): unknown => Reflect.apply(explainScan, undefined, [layer, { batch: 1 }])).toThrow(
      'explainScan: a layer (Object) was given, not a cell. cellOf(layer)',
    );
  });

  it('shows the equations of an LSTM: one product per step forwards, weights once', () => {
    expect(explainScan(lstm, { batch: 32 })).toBe(
      `
Traced: step is called once.
Forwards, per step 1 matrix product and 11 other ops:
  once:
    v1 = bias_ih + bias_hh   [512]
  before the loop, for all steps together:
    v2 = (x · weight_ihᵀ) + v1   [32, 512]
  each step:
    v3, v4, v5, v6 = split(v2 + (h₋₁ · weight_hhᵀ))   [32, 128]
    i = σ(v3)   [32, 128]
    f = σ(v4)   [32, 128]
    g = tanh(v5)   [32, 128]
    o = σ(v6)   [32, 128]
    c = (f ∘ c₋₁) + (i ∘ g)   [32, 128]
    h = o ∘ tanh(c)   [32, 128]
    h₋₁ ← h
    c₋₁ ← c`.trim(),
    );
  });

  it('counts the steps as `scan` does: a few are enough with a derivative', () => {
    expect(explainScan(lstm, { batch: 2, time: 8 })).toMatch(
      /^Runs step by step, because 8 steps are too few\. Traced/,
    );
    expect(explainScan(lstm, { batch: 2, time: 8, vjp })).toMatch(/^Traced: step is called once\.\n/);
    expect(explainScan(lstm, { batch: 2, time: 2, vjp })).toMatch(/^Runs step by step, because 2 steps are too few\. /);
  });

  it('shows the walk back, with every weight gradient after the loop', () => {
    const text = explainScan(lstm, { batch: 32, vjp });
    expect(text).toMatch(/kept for the walk back: .*₋₁/);
    expect(text).toContain('Backwards, per step 1 matrix product and ');
    const totals = text.slice(text.indexOf('sums over all steps:'));
    expect(totals).toMatch(/= Σₜ v\d+ᵀ · x {3}\[512, 65\]/);
    expect(totals).toMatch(/= Σₜ v\d+ᵀ · h₋₁ {3}\[512, 128\]/);
    expect(totals.match(/sum\(/g)).toHaveLength(1);
    for (const name of ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']) expect(totals).toContain(`d${name} = v`);
  });

  it('reads tokens where the cell does', () => {
    const table = new Parameter(new Rng(1).normal([9, 2]));
    const cell = {
      table,
      inputSize: 1,
      outputSize: 2,
      initialState: (batch: number) => zeros([batch, 2]),
      step: (x: Tensor, s: Tensor) => [s.add(table.value.gather(x.squeeze(1))).tanh(), s] as const,
    };
    expect(explainScan(cell, { batch: 4, dtype: 'int32' })).toContain('gather(table, x)');
    // Found out.
    expect(explainScan(cell, { batch: 4 })).toContain('gather(table, x)');
    expect(() => explainScan(cell, { batch: 4, dtype: 'float32' })).toThrow('int32');
  });

  it('shows that concat([x, h]) W leaves only the part of h in the loop', () => {
    const w = new Parameter(new Rng(1).normal([5, 3]));
    const cell: RecurrentCell<Tensor> & { readonly w: Parameter } = {
      w,
      inputSize: 2,
      outputSize: 3,
      initialState: (batch) => zeros([batch, 3]),
      step: (x, h) => {
        const next = matmul(concat([x, h], 1), w).tanh();
        return [next, next];
      },
    };
    const text = explainScan(cell, { batch: 4 });
    const [before, loop] = text.split('each step:') as [string, string];
    expect(before).toMatch(/v\d+ = x · v\d+/);
    expect(before).toContain('slice(w, 0 to 2)');
    expect(loop).toMatch(/tanh\(v\d+ \+ \(state₋₁ · v\d+\)\)/);
  });

  it('shows that a state which is kept as the step leaves it is kept as it finds it too, in the place of what that makes', () => {
    const w = new Parameter(new Rng(1).normal([2, 2]));
    const cell: RecurrentCell<Tensor> & { readonly w: Parameter } = {
      w,
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (x, h) => {
        const z = probe('z', x.matmul(w).sigmoid());
        const next = probe('h', z.add(z.mul(h.sub(z))));
        return [next.square(), next];
      },
    };
    expect(scanReport(cell, { batch: 4, vjp }).forwards?.kept).toEqual(['h', 'z', 'state₋₁']);
  });

  it('says why a cell runs step by step', () => {
    const reading = { ...cellOf((x) => x.mul(x.sum().item())) };
    expect(explainScan(reading, { batch: 1 })).toBe(
      'Runs step by step, because the step reads the elements of a tensor.',
    );
    expect(explainScan(lstm, { batch: 1, time: 1 })).toContain('Runs step by step, because 1 step is too few.');
  });
});

describe('scanReport', () => {
  it('has as data what explainScan writes', () => {
    const { traced, reason, linear, forwards, backwards } = scanReport(lstm, { batch: 2, vjp });
    expect({ traced, reason, linear }).toEqual({ traced: true, reason: undefined, linear: false });
    expect(forwards).toMatchObject({ products: 1, otherOps: 11 });
    expect(forwards!.equations.once).toEqual(['v1 = bias_ih + bias_hh   [512]']);
    expect(forwards!.equations.loop.at(-1)).toBe('c₋₁ ← c');
    expect(forwards!.kept.length).toBeGreaterThan(0);
    expect(backwards!.products).toBe(1);
    expect(backwards!.gradients.map((line) => line.split(' = ')[0])).toEqual(
      expect.arrayContaining(['dweight_ih', 'dweight_hh', 'dbias_ih', 'dbias_hh']),
    );
    const text = explainScan(lstm, { batch: 2, vjp });
    const written = [forwards!, backwards!].flatMap(({ equations }) => Object.values(equations).flat());
    for (const line of [...written, ...backwards!.gradients]) expect(text).toContain(`    ${line}\n`.trimEnd());
  });

  it('keeps what a derivative compares: made again it may be rounded otherwise, and then nothing equals the maximum', () => {
    const weight = new Parameter(zeros([3]));
    const cell: RecurrentCell<Tensor> & { readonly weight: Parameter } = {
      weight,
      inputSize: 3,
      outputSize: 3,
      initialState: (batch) => zeros([batch, 3]),
      step: (x, h) => {
        const product = probe('product', h.mul(weight.value));
        const next = probe('most', product.max(1, { keepDims: true })).add(x);
        return [next, next];
      },
    };
    const { forwards, backwards } = scanReport(cell, { batch: 2, vjp });
    expect(forwards!.kept).toEqual(expect.arrayContaining(['product', 'most']));
    expect(backwards!.equations.loop.join('\n')).toContain('product = most');
  });

  it('has the reason and no loop where a step can not be traced, both where the run is too short', () => {
    const reading = { ...cellOf((x) => x.mul(x.sum().item())) };
    expect(scanReport(reading, { batch: 1 })).toEqual({
      traced: false,
      reason: 'the step reads the elements of a tensor',
      linear: false,
    });
    const short = scanReport(lstm, { batch: 1, time: 1 });
    expect(short).toMatchObject({ traced: false, reason: '1 step is too few', forwards: { products: 1, kept: [] } });
    expect(short.backwards).toBeUndefined();
  });

  it('throws the error of a cell that takes neither floats nor tokens', () => {
    const wrong = cellOf((x) => x.add(zeros([1, 1], { dtype: 'float64' })));
    expect(() => scanReport(wrong, { batch: 1 })).toThrow(/float32.*float64|float64.*float32/);
  });
});

function cellOf(step: (x: Tensor) => Tensor): RecurrentCell<Tensor> {
  return { inputSize: 1, outputSize: 1, initialState: (batch) => zeros([batch, 1]), step: (x, h) => [step(x), h] };
}
