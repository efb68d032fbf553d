import { gradientCheck } from '@unroll/autograd';
import { Rng, type Tensor, mapTensors, stack, tensor, tensorsOf, unstack, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { drawnRun } from '../scan/drawn-run.ts';
import { scan } from '../scan/scan.ts';
import { stepByStep } from '../scan/step-by-step.ts';
import { Untraceable } from '../scan/trace-backend.ts';
import { traced } from '../scan/traced.ts';
import { Stream } from '../stream/stream.ts';
import { type Problem, type Run, gradientsOf, joinRuns, lengthsMask, lossOf, makeProblem, stateOf } from './problem.ts';

export interface DescribeCellOptions {
  /** Sequences in a batch. Default 3. */
  readonly batch?: number;
  /** Steps. Default 4. */
  readonly time?: number;
  /** Seed of inputs, states and loss. Default 1. */
  readonly seed?: number;
}

/** Relative agreement of two roads to the same float64 number; they differ in the order of sums alone. */
const SAME = 1e-9;

/**
 * Registers the tests that every recurrent cell must pass: shapes, `scan` equals a loop over `step`, tracing changes nothing, derivatives through outputs
 * and final state, padding, chunks, batching, purity. `make` gives a small new cell (sizes of 2 to 5: each parameter is moved by
 * itself), at any weights where it is smooth.
 */
export function describeCell(name: string, make: () => RecurrentCell, options: DescribeCellOptions = {}): void {
  const { batch = 3, time = 4, seed = 1 } = options;
  const problem = (): Problem => makeProblem(make, { batch, time, seed });

  describe(`${name} is a recurrent cell`, () => {
    it('gives y [batch, outputSize] and a next state of the shapes of the state', () => {
      const p = problem();
      const state = stateOf(p);
      const [y, next] = p.cell.step(p.xs.value.slice(1, 0, 1).squeeze(1), state);
      expect(y.shape).toEqual([batch, p.cell.outputSize]);
      expect(tensorsOf(next).map((leaf) => leaf.shape)).toEqual(tensorsOf(state).map((leaf) => leaf.shape));
      expect(tensorsOf(p.cell.initialState(2)).every((leaf) => leaf.shape[0] === 2)).toBe(true);
    });

    it('is run by scan as by a loop over step: outputs, final state, gradients', () => {
      const p = problem();
      const loop = (): Run => {
        let state = stateOf(p);
        const ys = unstack(p.xs.value, 1).map((x) => {
          const [y, next] = p.cell.step(x, state);
          state = next;
          return y;
        });
        return [stack(ys, 1), state];
      };
      expectSame(p, () => scan(p.cell, p.xs.value, { state: stateOf(p) }), loop);
    });

    it('is traced, and gives what it gives step by step: outputs, final state, gradients, with padding', (context) => {
      const p = problem();
      const mask = lengthsMask(
        Array.from({ length: batch }, (_, i) => Math.max(1, time - i)),
        time,
      );
      for (const live of [undefined, mask]) {
        try {
          expectSame(
            p,
            () => traced(p.cell, p.xs.value, stateOf(p), live),
            () => stepByStep(p.cell, p.xs.value, stateOf(p), live),
          );
        } catch (error) {
          if (error instanceof Untraceable) context.skip(`not traced: ${error.message}`);
          throw error;
        }
      }
    });

    it('has derivatives that equal central differences, through outputs and final state', () => {
      const p = problem();
      const loss = (): Tensor => lossOf(scan(p.cell, p.xs.value, { state: stateOf(p) }));
      expect(gradientCheck(loss, p.parameters)).toBeLessThan(1e-6);
    });

    it('draws its noise, if any, from the rng: traced as step by step, the same for equal seeds, with derivatives', () => {
      const p = problem();
      const noisy = (): Run => scan(p.cell, p.xs.value, { state: stateOf(p), rng: new Rng(seed) });
      const slow = (): Run => {
        const { cell, xs } = drawnRun({ cell: p.cell, xs: p.xs.value }, new Rng(seed));
        return stepByStep(cell, xs, stateOf(p), undefined);
      };
      expectSame(p, noisy, slow);
      expect(gradientCheck(() => lossOf(noisy()), p.parameters)).toBeLessThan(1e-6);
    });

    it('gives a padded batch what its sequences give alone, whatever stands in the padding', () => {
      const p = problem();
      const lengths = Array.from({ length: batch }, (_, i) => Math.max(1, time - i));
      const mask = lengthsMask(lengths, time);
      // NaN in the padding shows any use of it, in values and in gradients.
      const padded = (): Tensor => where(mask.expandDims(2), p.xs.value, NaN);
      const alone = (): Run => {
        const runs = lengths.map((length, i): Run => {
          const sequence = p.xs.value.slice(0, i, 1).slice(1, 0, length);
          const [ys, final] = scan(p.cell, sequence, { state: stateOf(p, i) });
          return [ys.pad(1, 0, time - length), final];
        });
        return joinRuns(runs, stateOf(p));
      };
      expectSame(p, () => scan(p.cell, padded(), { state: stateOf(p), mask }), alone);
    });

    it('passes its state through padding in front and in the middle', () => {
      const p = problem();
      const holes = tensor(Array.from({ length: batch }, () => [0, ...Array.from({ length: time }, () => 1), 0]));
      const longer = (): Tensor => where(holes.expandDims(2), p.xs.value.pad(1, 1, 1), NaN);
      const trimmed = (): Run => {
        const [ys, final] = scan(p.cell, longer(), { state: stateOf(p), mask: holes });
        return [ys.slice(1, 1, time), final];
      };
      expectSame(p, trimmed, () => scan(p.cell, p.xs.value, { state: stateOf(p) }));
    });

    it('gives a sequence what its chunks give when the state is carried', () => {
      const p = problem();
      const chunked = (): Run => {
        let state = stateOf(p);
        const pieces = p.xs.value.split(1, [1, time - 1]).map((piece) => {
          const [ys, final] = scan(p.cell, piece, { state });
          state = final;
          return ys;
        });
        return [
          stack(
            pieces.flatMap((piece) => unstack(piece, 1)),
            1,
          ),
          state,
        ];
      };
      expectSame(p, chunked, () => scan(p.cell, p.xs.value, { state: stateOf(p) }));
    });

    it('gives a batch what its examples give one by one', () => {
      const p = problem();
      const oneByOne = (): Run => {
        const runs = Array.from({ length: batch }, (_, i) =>
          scan(p.cell, p.xs.value.slice(0, i, 1), { state: stateOf(p, i) }),
        );
        return joinRuns(runs, stateOf(p));
      };
      expectSame(p, oneByOne, () => scan(p.cell, p.xs.value, { state: stateOf(p) }));
    });

    it('is streamed as it is stepped', () => {
      const p = problem();
      const stream = new Stream({ cell: p.cell, batch });
      let state = stateOf(p);
      stream.reset(state);
      for (const x of unstack(p.xs.value, 1)) {
        const [y, next] = p.cell.step(x, state);
        expectClose('y of the stream', [stream.step(x)], [y], SAME);
        state = next;
      }
      expectClose('state of the stream', tensorsOf(stream.state), tensorsOf(state), SAME);
      stream.dispose();
    });

    it('is pure: the same step twice gives the same bits and leaves its inputs alone', () => {
      const p = problem();
      const x = p.xs.value.slice(1, 0, 1).squeeze(1);
      const state = stateOf(p);
      const before = [x, ...tensorsOf(state)].map((leaf) => leaf.dataSync());
      const bits = (): readonly unknown[] => {
        const [y, next] = p.cell.step(x, state);
        return [y, ...tensorsOf(next)].map((leaf) => leaf.dataSync());
      };
      expect(bits()).toEqual(bits());
      expect([x, ...tensorsOf(state)].map((leaf) => leaf.dataSync())).toEqual(before);
    });

    it('gives in float32 what it gives in float64, to rounding', () => {
      const p = problem();
      const [exact, exactFinal] = scan(p.cell, p.xs.value, { state: stateOf(p) });
      const single = (leaf: Tensor): Tensor => leaf.cast('float32');
      for (const parameter of p.parameters) parameter.value = single(parameter.value);
      const [rounded, roundedFinal] = scan(p.cell, p.xs.value, { state: mapTensors(stateOf(p), single) });
      expect(rounded.dtype).toBe('float32');
      expectClose('float32 run', [rounded, ...tensorsOf(roundedFinal)], [exact, ...tensorsOf(exactFinal)], 1e-4);
    });
  });
}

/** Both roads give the same outputs, final states and gradients. */
function expectSame(p: Problem, actual: () => Run, expected: () => Run): void {
  const leaves = ([ys, final]: Run): readonly Tensor[] => [ys, ...tensorsOf(final)];
  expectClose('values', leaves(actual()), leaves(expected()), SAME);
  const grads = gradientsOf(p, actual).grads;
  const references = gradientsOf(p, expected).grads;
  for (const [i, grad] of grads.entries()) expectClose(`gradient of ${p.names[i]}`, [grad], [references[i]!], SAME);
}

function expectClose(what: string, actual: readonly Tensor[], expected: readonly Tensor[], tolerance: number): void {
  expect(actual.map((leaf) => leaf.shape)).toEqual(expected.map((leaf) => leaf.shape));
  for (const [i, leaf] of actual.entries()) {
    const want = expected[i]!.dataSync();
    for (const [j, x] of leaf.dataSync().entries()) {
      const error = Math.abs(x - want[j]!) / Math.max(1, Math.abs(want[j]!));
      expect(error, `${what}, leaf ${i}, element ${j}: ${x} instead of ${want[j]}`).toBeLessThanOrEqual(tolerance);
    }
  }
}
