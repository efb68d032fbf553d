import { valueAndGrad } from '@unroll/autograd';
import { type Backend, profile } from '@unroll/backend';
import { Parameter, Rng, type Tensor, parametersOf, tensor, tensorsOf, withBackend, withProbes } from '@unroll/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { scan } from '../scan/scan.ts';
import { everyCell, everyWrapper } from './every-cell.ts';

/** How far compiled float32 steps may be from those on the primitives, relative to the largest element, or to 1. */
export interface DescribeLoopsOptions {
  /** Default 2e-5. */
  readonly tolerance?: number;
  /** Each cell in one wrapper in so many, another one from cell to cell; for devices that compile each. Default 1: in all of them. */
  readonly every?: number;
}

const [BATCH, TIME, SIZE] = [3, 13, 5];

/**
 * Registers the tests that a backend's `compileLoop` must pass: every cell of the package, bare and in every wrapper, gives in float32 what it gives
 * step by step: outputs, final state and all gradients, with padding and with noise. What the backend refuses to compile is skipped with its
 * reason. `make` is called once.
 */
export function describeLoops(
  name: string,
  make: () => Backend | Promise<Backend>,
  { tolerance = 2e-5, every = 1 }: DescribeLoopsOptions = {},
): void {
  const refusals: string[] = [];
  let compiled = 0;
  let backend: Backend;

  /** Why a loop was refused, after its results were compared all the same. */
  const compare = async (makeCell: () => RecurrentCell): Promise<readonly string[]> => {
    [refusals.length, compiled] = [0, 0];
    const [fast, slow] = withBackend(backend, () => {
      const cell = makeCell();
      const xs = new Parameter(new Rng(3).normal([BATCH, TIME, cell.inputSize]));
      const mask = tensor([TIME, 7, 1].map((length) => Array.from({ length: TIME }, (_, t) => (t < length ? 1 : 0))));
      const parameters = [...parametersOf(cell), xs];
      const loss = (): Tensor => {
        const [ys, final] = scan(cell, xs.value, { mask, rng: new Rng(4) });
        return [ys, ...tensorsOf(final)]
          .map((value, i) => value.mul(new Rng(i + 5).uniform(value.shape, { low: -1, high: 1 })).sum())
          .reduce((a, b) => a.add(b));
      };
      // What probes watch goes step by step.
      return [valueAndGrad(loss, parameters), valueAndGrad(() => withProbes(() => {}, loss), parameters)];
    });
    // Some devices can't be read without waiting.
    for (const [i, value] of [fast.value, ...fast.grads].entries()) {
      const [actual, expected] = await Promise.all([value.data(), [slow.value, ...slow.grads][i]!.data()]);
      const scale = Math.max(1, ...expected.map(Math.abs));
      const what = i === 0 ? 'loss' : `gradient ${i - 1}`;
      expect(Math.max(0, ...actual.map((x, j) => Math.abs(x - expected[j]!))) / scale, what).toBeLessThan(tolerance);
    }
    expect(compiled + refusals.length, 'programs that the backend was asked to compile').toBeGreaterThan(0);
    return refusals;
  };

  describe(`${name} compiles loops`, () => {
    beforeAll(async () => {
      const base = await make();
      expect('compileLoop' in base, `whether ${base.name} has compileLoop`).toBe(true);
      // Whatever kind of object it is, its profiled form is a plain one.
      backend = {
        ...profile(base),
        compileLoop: (program) => {
          const result = base.compileLoop!(program);
          if (typeof result === 'function') compiled++;
          else refusals.push(result.reason);
          return result;
        },
      };
    });

    const names = Object.keys(everyCell);
    describe.each(Object.entries(everyCell))('%s is what it is step by step', (name, makeCell) => {
      const square = (): RecurrentCell => makeCell({ inputSize: SIZE, hiddenSize: SIZE, rng: new Rng(1) });

      // oxlint-disable-next-line vitest/expect-expect -- the comparison holds the assertions
      it('bare', async ({ skip }) => {
        const [reason] = await compare(square);
        skip(reason !== undefined, `not compiled: ${reason}`);
      });

      // oxlint-disable-next-line vitest/expect-expect -- the comparison holds the assertions
      it.each(wrappersFor(names.indexOf(name), every))('in %s', async (__, wrap) => {
        await compare(() => wrap(square(), new Rng(2)));
      });
    });
  });
}

/** One wrapper in so many. */
function wrappersFor(cell: number, every: number): readonly (readonly [string, (typeof everyWrapper)[string]])[] {
  return Object.entries(everyWrapper).filter((_, i) => (i + cell) % every === 0);
}
