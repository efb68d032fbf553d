import { Tape, valueAndGrad } from '@unroll/autograd';
import {
  type Backend,
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  getBackend,
  matmul,
  ones,
  parametersOf,
  scope,
  tensor,
  tensorsOf,
  withBackend,
  withRecorder,
  zeros,
} from '@unroll/tensor';
import { describe, expect, it, vi } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { GruCell } from '../gru.ts';
import { LstmCell, type LstmState } from '../lstm.ts';
import { scan } from './scan.ts';
import { stepByStep } from './step-by-step.ts';
import { traced } from './traced.ts';

const double = { dtype: 'float64' } as const;
const list = (x: Tensor): readonly number[] => [...x.dataSync()];

/** s′ = 0.9 s + x w, y = s′, with something else in `step` besides. */
function cellWith(extra: (x: Tensor, s: Tensor) => Tensor): RecurrentCell<Tensor> & { readonly w: Parameter } {
  const w = new Parameter(tensor([[0.5, -1]], double));
  return {
    w,
    inputSize: 1,
    outputSize: 2,
    initialState: (batch) => zeros([batch, 2]),
    step: (x, s) => {
      const next = s.mul(0.9).add(matmul(x, w)).add(extra(x, s));
      return [next, next];
    },
  };
}

const xs = new Rng(1).normal([2, 12, 1], double);

describe('a step that can not be traced is run step by step', () => {
  it('because it reads elements', () => {
    const cell = cellWith((_, s) => s.mul(s.abs().max().item() > 1 ? 0.1 : 0.2));
    expect(() => traced(cell, xs, zeros([2, 2], double), undefined)).toThrow('the step reads the elements');
    expect(list(scan(cell, xs)[0])).toEqual(list(stepByStep(cell, xs, zeros([2, 2], double), undefined)[0]));
  });

  it('because it draws random numbers, which would be the same in all steps', () => {
    const rng = new Rng(1);
    const noisy = cellWith((_, s) => rng.normal(s.shape, double));
    expect(() => traced(noisy, xs, zeros([2, 2], double), undefined)).toThrow('the step makes a tensor from data');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const [ys] = scan(noisy, zeros([1, 16, 1], double));
    expect(new Set(list(ys)).size).toBe(32);
    scan(noisy, zeros([1, 16, 1], double));
    // Once, with the reason.
    expect(warn.mock.calls).toEqual([[expect.stringContaining('runs step by step, because the step makes a tensor')]]);
    warn.mockRestore();
  });

  it('because it draws a number, which would be the same in all steps', () => {
    const rng = new Rng(1);
    let calls = 0;
    const noisy = cellWith((x) => {
      calls++;
      return x.mul(rng.next());
    });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const [ys] = scan(noisy, ones([1, 16, 1], double));
    expect(new Set(list(ys)).size).toBe(32);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('does something else each time it is called')]]);
    warn.mockRestore();
    // Is not tried again.
    calls = 0;
    scan(noisy, ones([1, 17, 1], double));
    expect(calls).toBe(17);
  });

  it('because it is part of a step that is being traced', () => {
    const inner = new GruCell({ inputSize: 2, hiddenSize: 2, rng: new Rng(1) });
    castParameters(inner, 'float64');
    // Reads its own state as a sequence of twelve.
    const cell = cellWith((x, s) => scan(inner, s.expandDims(1).broadcastTo([2, 12, 2]).mul(x.expandDims(1)))[1]);
    const [ys] = traced(cell, xs, zeros([2, 2], double), undefined);
    const expected = list(stepByStep(cell, xs, zeros([2, 2], double), undefined)[0]);
    for (const [i, y] of list(ys).entries()) expect(y).toBeCloseTo(expected[i]!, 12);
  });

  it('because it is part of such a step, which says nothing about the cell', () => {
    let calls = 0;
    const inner = cellWith((x) => {
      calls++;
      return x.mul(0.5);
    });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const cell = cellWith((_, s) => scan(inner, xs)[1].sub(s));
    const [ys] = scan(cell, xs);
    const expected = list(stepByStep(cell, xs, zeros([2, 2], double), undefined)[0]);
    for (const [i, y] of list(ys).entries()) expect(y).toBeCloseTo(expected[i]!, 12);
    calls = 0;
    scan(inner, xs);
    expect(calls).toBeLessThanOrEqual(2);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('a traced run', () => {
  it('calls step once, and once more when it is new', () => {
    let calls = 0;
    const cell = cellWith((x) => {
      calls++;
      return x.mul(0.123);
    });
    scan(cell, xs);
    expect(calls).toBe(2);
    scan(cell, xs);
    expect(calls).toBe(3);
  });

  it('sees the present values of the parameters, and of whatever else the step uses', () => {
    const scale = { value: tensor([2, 3], double) };
    const cell = cellWith((x) => x.mul(scale.value));
    const before = list(scan(cell, xs)[0]);
    scale.value = tensor([-1, 1], double);
    cell.w.value = tensor([[3, 4]], double);
    const after = list(scan(cell, xs)[0]);
    expect(after).not.toEqual(before);
    const expected = list(stepByStep(cell, xs, zeros([2, 2], double), undefined)[0]);
    for (const [i, y] of after.entries()) expect(y).toBeCloseTo(expected[i]!, 12);
  });

  it('uses what the step made of real tensors and freed', () => {
    const bySquare = [
      (s: Tensor, w: Tensor) => scope(() => s.mul(w.square())),
      (s: Tensor, w: Tensor) => {
        const square = w.square();
        const product = s.mul(square);
        square.dispose();
        return product;
      },
    ];
    for (const make of bySquare) {
      const cell = cellWith((_, s) => make(s, cell.w.value));
      const run = (scanned: boolean): Tensor =>
        scanned ? scan(cell, xs)[0] : stepByStep(cell, xs, zeros([2, 2], double), undefined)[0];
      for (let again = 0; again < 2; again++) {
        const [actual, expected] = [true, false].map((scanned) => list(scope(() => run(scanned))));
        for (const [i, y] of actual!.entries()) expect(y).toBeCloseTo(expected![i]!, 12);
      }
    }
    const inScope = cellWith((_, s) => bySquare[0]!(s, inScope.w.value));
    const gradient = (run: () => Tensor): readonly number[] =>
      list(valueAndGrad(() => run().square().sum(), [inScope.w]).grads[0]);
    const actual = gradient(() => scan(inScope, xs)[0]);
    const expected = gradient(() => stepByStep(inScope, xs, zeros([2, 2], double), undefined)[0]);
    for (const [i, value] of actual.entries()) expect(value / expected[i]!).toBeCloseTo(1, 10);
  });

  it('takes the parts of a state by name, whatever their order', () => {
    const lstm = castParameters(new LstmCell({ inputSize: 1, hiddenSize: 2, rng: new Rng(1) }), 'float64');
    const turned: RecurrentCell<LstmState> = {
      inputSize: 1,
      outputSize: 2,
      initialState: (batch) => lstm.initialState(batch),
      step: (x, state) => {
        const [y, { h, c }] = lstm.step(x, state);
        return [y, { c, h }];
      },
    };
    const mask = tensor([
      [1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1],
      [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    const [, expected] = traced(lstm, xs, castState(lstm.initialState(2)), mask);
    for (const run of [traced, stepByStep]) {
      const [, final] = run(turned, xs, castState(lstm.initialState(2)), mask);
      for (const name of ['h', 'c'] as const) {
        for (const [i, value] of list(final[name]).entries()) expect(value).toBeCloseTo(list(expected[name])[i]!, 12);
      }
    }
  });

  it('needs no state, and no parameters', () => {
    const cell: RecurrentCell<readonly Tensor[]> = {
      inputSize: 1,
      outputSize: 1,
      initialState: () => [],
      step: (x) => [x.square(), []],
    };
    const by = new Parameter(xs);
    const loss = (): Tensor => traced(cell, by.value, [], undefined)[0].sum();
    expect(list(valueAndGrad(loss, [by]).grads[0])).toEqual(list(xs.mul(2)));
  });

  it('has derivatives by one tensor in several places: input, state and weight', () => {
    const one = new Parameter(new Rng(2).normal([2, 2], double));
    const loss = (run: typeof traced) => (): Tensor => {
      const cell: RecurrentCell<LstmState> = {
        inputSize: 2,
        outputSize: 2,
        initialState: (batch) => ({ h: zeros([batch, 2]), c: zeros([batch, 2]) }),
        step: (x, { h, c }) => [h.matmul(one).add(x), { h: c.mul(one).tanh(), c: x.add(h) }],
      };
      const sequence = one.value.expandDims(1).broadcastTo([2, 4, 2]);
      const [ys, final] = run(cell, sequence, { h: one.value, c: one.value }, undefined);
      return ys.square().sum().add(final.h.sum());
    };
    const [actual, expected] = [traced, stepByStep].map((run) => list(valueAndGrad(loss(run), [one]).grads[0]));
    for (const [i, value] of actual!.entries()) expect(value).toBeCloseTo(expected![i]!, 10);
  });

  it('has second derivatives: through scan, and by the seed of a recorded run', () => {
    const cell = castParameters(new GruCell({ inputSize: 1, hiddenSize: 2, rng: new Rng(3) }), 'float64');
    const parameters = parametersOf(cell);
    const norm = (run: typeof traced | typeof scan): Tensor => {
      const loss = (): Tensor =>
        run === scan
          ? scan(cell, xs)[0].square().sum()
          : (run as typeof traced)(cell, xs, zeros([2, 2], double), undefined)[0]
              .square()
              .sum();
      return valueAndGrad(loss, parameters)
        .grads.map((grad) => grad.square().sum())
        .reduce((a, b) => a.add(b));
    };
    const outer = [scan, stepByStep].map((run) => valueAndGrad(() => norm(run), parameters).grads.flatMap(list));
    for (const [i, value] of outer[0]!.entries()) expect(value).toBeCloseTo(outer[1]![i]!, 9);

    const seed = new Parameter(tensor(0.7, double));
    const bySeed = [traced, stepByStep].map((run) => {
      const tape = new Tape(parameters.map(({ value }) => value));
      const value = withRecorder(tape, () =>
        run(cell, xs, zeros([2, 2], double), undefined)[0]
          .square()
          .sum(),
      );
      const pulled = (): Tensor =>
        parameters
          .map((parameter) => tape.pullBack(value, seed.value).get(parameter.value)!.square().sum())
          .reduce((a, b) => a.add(b));
      return valueAndGrad(pulled, [seed]).grads[0].item();
    });
    expect(bySeed[0]).toBeCloseTo(bySeed[1]!, 9);
    expect(bySeed[0]).not.toBe(0);
  });
});

describe('memory', () => {
  /** The default backend counts its buffers. */
  const held = (): number => (getBackend() as Backend & { memory(): { readonly buffers: number } }).memory().buffers;

  it('stays flat over training steps and over runs forwards, masked and not', () => {
    const rng = new Rng(1);
    const cell = new LstmCell({ inputSize: 2, hiddenSize: 3, rng });
    const [sequence, mask] = [rng.normal([2, 12, 2]), ones([2, 12])];
    const weight = new Parameter(ones([1, 2]));
    let isFailing = false;
    const freeing: RecurrentCell<Tensor> = {
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (x, s) => {
        const next = scope(() => s.add(x).mul(weight.value.square()));
        if (isFailing) throw new Error('midway');
        return [next, next];
      },
    };
    const train = (withMask: boolean): void => {
      const { value, grads } = valueAndGrad(
        () =>
          scan(cell, sequence, withMask ? { mask } : {})[0]
            .square()
            .sum(),
        parametersOf(cell),
      );
      for (const result of [value, ...grads]) result.dispose();
    };
    for (const work of [
      () => train(false),
      () => train(true),
      () => scope(() => scan(cell, sequence, { mask })[0].sum().item()),
      () => scope(() => scan(freeing, sequence)[0].sum().item()),
      () => {
        isFailing = true;
        expect(() => scope(() => scan(freeing, sequence))).toThrow('midway');
        isFailing = false;
      },
      // Without a scope, what is left is what was returned.
      () => {
        const state = scope(() => cell.initialState(2));
        const [ys, final] = scan(cell, sequence, { state });
        for (const result of [ys, ...tensorsOf(final), ...tensorsOf(state)]) result.dispose();
      },
    ]) {
      const [, ...counts] = Array.from({ length: 4 }, () => {
        work();
        return held();
      });
      expect(new Set(counts).size, String(counts)).toBe(1);
    }
  });

  it('is given back if an op fails, wherever in the loop or in the walk back', () => {
    const backend = getBackend();
    let left = Infinity;
    const failing = Object.fromEntries(
      Object.entries(backend.primitives).map(([name, kernel]) => [
        name,
        (...args: readonly unknown[]) => {
          if (left-- <= 0) throw new Error('broken');
          return (kernel as (...all: readonly unknown[]) => unknown)(...args);
        },
      ]),
    ) as typeof backend.primitives;
    withBackend({ ...backend, primitives: failing }, () => {
      const cell = new LstmCell({ inputSize: 3, hiddenSize: 2, rng: new Rng(1) });
      const inputs = new Rng(2).normal([2, 4, 3]);
      const before = held();
      const tryWith = (allowed: number): boolean => {
        left = allowed;
        try {
          scope(() => {
            valueAndGrad(() => scan(cell, inputs)[0].square().sum(), parametersOf(cell));
          });
          return true;
        } catch {
          return false;
        } finally {
          left = Infinity;
          expect(held()).toBe(before);
        }
      };
      let allowed = 0;
      while (!tryWith(allowed)) allowed++;
      expect(allowed).toBeGreaterThan(100);
    });
  });
});

function castState(state: LstmState): LstmState {
  return { h: state.h.cast('float64'), c: state.c.cast('float64') };
}
