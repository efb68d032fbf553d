import { Parameter, Rng, type Tensor, matmul, tensor, tensorsOf, where, zeros } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { RandomCell } from '../conformance/random-cell.ts';
import { scan } from './scan.ts';
import { stepByStep } from './step-by-step.ts';
import { type Traced, retraceStep, traceStep } from './trace-step.ts';

const double = { dtype: 'float64' } as const;

/** What a step may do besides: each differs from the others somewhere. */
const extras: readonly ((x: Tensor, s: Tensor, w: Tensor) => Tensor)[] = [
  (_, s) => s.mul(0.5),
  (_, s) => s.mul(0.25),
  (_, s) => s.mul(-0),
  (_, s) => s.mul(0),
  (_, s) => s.mul(0.5).tanh(),
  (_, s) => s,
  (x, s, w) => matmul(x, w).add(s),
  (x, s, w) => matmul(x, w.mul(2)).add(s),
  (x, s) => where(x.less(0), s, 0),
  (_, s) => s.split(1, 2)[1].broadcastTo(s.shape),
  (_, s) => s.split(1, [1, 1])[0].broadcastTo(s.shape),
  (_, s, w) => s.add(w).detach().add(s),
  (_, s) => s.add(zeros(s.shape, double)),
];

/** y = 0.9 s + x w + something that the cell is told, or s, and so is s′. */
class ChangingCell implements RecurrentCell<Tensor> {
  readonly inputSize = 1;
  readonly outputSize = 2;
  readonly weight = new Parameter(tensor([[0.5, -1]], double));
  extra = 0;
  late = false;
  swapped = false;

  initialState(batch: number): Tensor {
    return zeros([batch, 2], double);
  }

  step(x: Tensor, s: Tensor): readonly [Tensor, Tensor] {
    const next = s
      .mul(0.9)
      .add(matmul(x, this.weight))
      .add(extras[this.extra]!(x, s, this.weight.value));
    return [this.late ? s : next, this.swapped ? s : next];
  }
}

function expectSame(actual: Traced, expected: Traced): void {
  const idsOf = ({ step: { x, mask, states, y, next, captured } }: Traced): readonly (number | undefined)[] =>
    [x, mask, ...states, y, ...next, ...captured].map((value) => value?.id);
  expect(actual.step.key).toBe(expected.step.key);
  expect(idsOf(actual)).toEqual(idsOf(expected));
  expect(actual.tensors.map((each) => [...each.dataSync()])).toEqual(
    expected.tensors.map((each) => [...each.dataSync()]),
  );
}

describe('a step that is traced again', () => {
  it('is what it would be without a trace before, whatever it does each time', () => {
    // Often the same as the turn before, but for one thing.
    const turn = fc.record({
      extra: fc.oneof(fc.constant(0), fc.nat(extras.length - 1)),
      late: fc.boolean(),
      swapped: fc.boolean(),
      batch: fc.oneof(fc.constant(2), fc.integer({ min: 1, max: 6 })),
      masked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 2, maxLength: 12 }), (turns) => {
        const cell = new ChangingCell();
        for (const { extra, late, swapped, batch, masked } of turns) {
          Object.assign(cell, { extra, late, swapped });
          const xs = new Rng(1).normal([batch, 3, 1], double);
          const args = [cell, xs, cell.initialState(batch), masked ? zeros([batch, 3], double) : undefined] as const;
          expectSame(retraceStep(...args), traceStep(...args));
        }
      }),
    );
  });

  it('is the one that it was before, if it does the same', () => {
    const cell = new ChangingCell();
    const trace = (): Traced => retraceStep(cell, zeros([2, 3, 1], double), cell.initialState(2), undefined);
    const first = trace().step;
    const nodes = [...first.graph.nodes];
    cell.weight.value = tensor([[2, 3]], double);
    expect(trace().step).toBe(first);
    cell.extra = 1;
    expect(trace().step.graph).not.toBe(first.graph);
    expect(first.graph.nodes).toEqual(nodes);
  });

  it('is followed where an array that it gave to an op has changed', () => {
    const shape = [2, 1, 2];
    const cell: RecurrentCell<Tensor> = {
      inputSize: 1,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2], double),
      step: (x, s) => {
        const next = s.reshape(shape).tanh().reshape(s.shape).add(x);
        return [next, next];
      },
    };
    const args = [cell, zeros([2, 3, 1], double), cell.initialState(2), undefined] as const;
    retraceStep(...args);
    shape.splice(0, 3, 1, 2, 2);
    expectSame(retraceStep(...args), traceStep(...args));
  });

  it('equals a fresh trace for random cells', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 30 }), (choices) => {
        const cell = new RandomCell(choices, { batch: 2, inputSize: 2, hidden: 3 }, double);
        const xs = new Rng(1).normal([2, 3, 2], double);
        const args = [cell, xs, cell.initialState(2), undefined] as const;
        for (let i = 0; i < 2; i++) expectSame(retraceStep(...args), traceStep(...args));
      }),
      { numRuns: 50 },
    );
  });
});

it('a scan sees what its cell has been told since the last one', () => {
  const cell = new ChangingCell();
  const xs = new Rng(2).normal([2, 12, 1], double);
  for (const extra of [0, 1, 0, 6, 1, 6]) {
    cell.extra = extra;
    const [actual, expected] = [scan(cell, xs), stepByStep(cell, xs, cell.initialState(2), undefined)].map(
      ([ys, final]) => [ys, ...tensorsOf(final)].map((each) => [...each.dataSync()]),
    );
    for (const [i, leaf] of actual!.entries()) {
      for (const [j, value] of leaf.entries()) expect(value / expected![i]![j]!).toBeCloseTo(1, 12);
    }
  }
});
