import { gradientCheck } from '@unroll/autograd';
import { Rng, concat, tensorsOf } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from './cell.ts';
import { describeCell, everyCell, everyWrapper } from './conformance.ts';
import { type Run, gradientsOf, lengthsMask, lossOf, makeProblem, stateOf } from './conformance/problem.ts';
import { drawnRun } from './scan/drawn-run.ts';
import { scan } from './scan/scan.ts';
import { stepByStep } from './scan/step-by-step.ts';
import { traced } from './scan/traced.ts';
import { LstmCell } from './lstm.ts';
import { SruCell } from './variants/sru.ts';

const square = { inputSize: 2, hiddenSize: 2 };

for (const [name, make] of Object.entries(everyCell)) {
  describeCell(name, () => make({ inputSize: 3, hiddenSize: 2, rng: new Rng(1) }));
}
describeCell('SruCell with as many features in as out', () => new SruCell({ ...square, rng: new Rng(1) }));
for (const [name, wrap] of Object.entries(everyWrapper)) {
  describeCell(`${name} around an LstmCell`, () => wrap(new LstmCell({ ...square, rng: new Rng(1) }), new Rng(2)));
}

describe.each(Object.entries(everyWrapper))('%s', (wrapperName, wrap) => {
  it.each(Object.entries(everyCell))(
    'around %s: traced as step by step, in chunks, with noise; derivatives',
    (cellName, make) => {
      const both = (): RecurrentCell => wrap(make({ ...square, rng: new Rng(1) }), new Rng(2));
      const [batch, time] = [2, 3];
      const p = makeProblem(both, { batch, time, seed: 3 });
      const mask = lengthsMask([3, 2], time);
      const on = (level: typeof traced) => (): Run => {
        const { cell, xs } = drawnRun({ cell: p.cell, xs: p.xs.value }, new Rng(4));
        return level(cell, xs, stateOf(p), mask);
      };
      expectSame(on(traced), on(stepByStep));
      const chunks = (): Run => {
        const [first, second] = p.xs.value.split(1, [1, 2]);
        const [early, state] = scan(p.cell, first, { state: stateOf(p) });
        const [late, final] = scan(p.cell, second, { state });
        return [concat([early, late], 1), final];
      };
      expectSame(chunks, () => traced(p.cell, p.xs.value, stateOf(p), undefined));
      const noisy = (): Run => scan(p.cell, p.xs.value, { state: stateOf(p), mask, rng: new Rng(4) });
      expect(
        gradientCheck(() => lossOf(noisy()), p.parameters),
        `${wrapperName} ${cellName}`,
      ).toBeLessThan(1e-6);

      function expectSame(actual: () => Run, expected: () => Run): void {
        const [a, b] = [actual(), expected()].map(([ys, final]) => [ys, ...tensorsOf(final)]);
        for (const [i, value] of a!.entries()) expect(worst(value, b![i]!)).toBeLessThan(1e-9);
        const [grads, references] = [actual, expected].map((run) => gradientsOf(p, run).grads);
        for (const [i, grad] of grads!.entries()) expect(worst(grad, references![i]!), p.names[i]).toBeLessThan(1e-9);
      }
    },
  );
});

function worst(actual: Run[0], expected: Run[0]): number {
  return actual.sub(expected).abs().max().item();
}
