import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import {
  GruCell,
  LstmCell,
  MinGruCell,
  type RecurrentCell,
  VanillaCell,
  explainScan,
  scan,
  scanReport,
} from '@unroll/cells';
import { expectSameSolution, type Problem, type Sizes, solve } from '@unroll/cells/testing';
import {
  Rng,
  type Tensor,
  castParameters,
  concat,
  maximum,
  parametersOf,
  scope,
  tensor,
  where,
  withBackend,
  zeros,
} from '@unroll/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { counting, interpreting, loopBackend } from './testing/backends.ts';

const compiling = await counting();
const reference = await interpreting();
const inParts = loopBackend({ parts: 3 });
const { seen } = compiling;

beforeEach(() => Object.assign(seen, { compiled: 0, left: 0 }));

/** A compiled loop gives what the primitives give. */
function expectAsReference(
  make: (sizes: Sizes) => RecurrentCell,
  each: Problem,
  tolerance: number,
  backend: Parameters<typeof solve>[0] = compiling,
): void {
  expectSameSolution(solve(backend, make, each), solve(reference, make, each), tolerance);
}

describe('a compiled loop', () => {
  it.each([
    ['VanillaCell', VanillaCell],
    ['LstmCell', LstmCell],
    ['GruCell', GruCell],
  ] as const)('is made of every program of %s, and gives what the primitives give', (_name, Cell) => {
    // The largest takes two blocks of each product's inner axis.
    for (const hidden of [4, 5, 130, 515]) {
      for (const masked of [false, true]) {
        const each = {
          choices: [hidden],
          batch: 3,
          inputSize: 4,
          hidden,
          time: hidden > 500 ? 3 : 13,
          masked,
          wanted: 0,
        };
        expectAsReference(() => new Cell({ inputSize: 4, hiddenSize: hidden, rng: new Rng(hidden) }), each, 1e-5);
      }
    }
    expect(seen.left).toBe(0);
    expect(seen.compiled).toBeGreaterThanOrEqual(16);
  });

  it('takes the place of a parallel prefix scan, and the explanation says so', () => {
    const explained = (backend: Parameters<typeof solve>[0], dtype: 'float32' | 'float64' = 'float32'): string =>
      withBackend(backend, () => {
        const cell = new MinGruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
        castParameters(cell, dtype);
        return explainScan(cell, { batch: 2 });
      });
    expect(explained(compiling)).toContain('Linear in the state, and yet no parallel prefix scan: ');
    const isPrefix = 'Linear in the state: a long run of a small state is a parallel prefix scan.';
    for (const text of [explained(reference), explained(compiling, 'float64')]) expect(text).toContain(isPrefix);
    expect(explained({ ...reference, runsAhead: true })).toContain(isPrefix);
  });

  it('leaves long runs of linear cells in float64, for which there is no code, to the prefix scan', () => {
    const opsOf = (dtype: 'float32' | 'float64', time: number): number => {
      let ops = 0;
      const primitives = new Proxy(compiling.primitives, {
        get: (target, name) => {
          ops++;
          return Reflect.get(target, name);
        },
      });
      return withBackend({ ...compiling, primitives }, () => {
        const cell = new MinGruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
        castParameters(cell, dtype);
        scope(() => void scan(cell, zeros([2, time, 3], { dtype })));
        return ops;
      });
    };
    // Far fewer ops than steps; compiled, they do not depend on them.
    expect(opsOf('float64', 1000)).toBeLessThan(1000);
    expect(opsOf('float64', 100)).toBeGreaterThan(100);
    expect(opsOf('float32', 1000)).toBe(opsOf('float32', 100));
  });

  it('is worth a run of six steps, which the primitives alone run one by one', () => {
    const make = (): GruCell => new GruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    const reasonOn = (backend: Backend, time: number): string | undefined =>
      withBackend(backend, () => scanReport(make(), { batch: 2, time }).reason);
    expect(reasonOn(compiling, 6)).toBeUndefined();
    expect(reasonOn(compiling, 5)).toBe('5 steps are too few');
    expect(reasonOn({ ...compiling, runsAhead: true }, 6)).toBeUndefined();
    const compiledBy = (time: number): number => {
      seen.compiled = 0;
      withBackend(compiling, () => scan(make(), zeros([2, time, 3])));
      return seen.compiled;
    };
    expect([compiledBy(5), compiledBy(6)]).toEqual([0, 1]);
  });

  it('reads parts of what it has just made: one column for all, and the operand of a product', () => {
    const steps: readonly ((x: Tensor, h: Tensor, w: Tensor) => Tensor)[] = [
      (x, h) => h.add(x).slice(1, 5, 1).mul(x).tanh(),
      (x, h) => {
        const next = h.add(x).tanh();
        return next.slice(1, 5, 1).mul(next);
      },
      (x, h, w) => concat([h.add(x).slice(1, 3, 3).matmul(w), h.slice(1, 1, 3)], 1).tanh(),
    ];
    for (const step of steps) {
      const make = (): RecurrentCell<Tensor> => {
        const w = new Rng(1).normal([3, 3]);
        return {
          inputSize: 6,
          outputSize: 6,
          initialState: (batch) => zeros([batch, 6]),
          step: (x, h) => {
            const next = step(x, h, w);
            return [next, next];
          },
        };
      };
      expectAsReference(
        make,
        { choices: [3], batch: 5, inputSize: 6, hidden: 6, time: 13, masked: false, wanted: 0 },
        1e-6,
      );
    }
  });

  it('holds states of whole numbers: a cell that feeds itself the token it chose', () => {
    const make = ({ hidden }: Sizes): RecurrentCell => {
      const rng = new Rng(3);
      const table = rng.normal([6, hidden]);
      const [recurrent, out] = [rng.normal([hidden, hidden], { std: 0.4 }), rng.normal([hidden, 6])];
      return {
        inputSize: 4,
        outputSize: 6,
        initialState: (batch) => ({ h: zeros([batch, hidden]), token: zeros([batch], { dtype: 'int32' }) }),
        step: (x, state) => {
          const { h, token } = state as { readonly h: Tensor; readonly token: Tensor };
          const next = h
            .matmul(recurrent)
            .add(table.gather(token))
            .add(x.sum(1, { keepDims: true }))
            .tanh();
          const logits = next.matmul(out);
          return [logits, { h: next, token: logits.argmax(1) }];
        },
      };
    };
    for (const masked of [false, true]) {
      for (const backend of [compiling, inParts]) {
        expectAsReference(
          make,
          { choices: [3], batch: 5, inputSize: 4, hidden: 7, time: 13, masked, wanted: 0 },
          1e-5,
          backend,
        );
      }
    }
    expect(seen.left).toBe(0);
  });

  it('treats numbers that are none, infinities and signed zeros as the primitives do', () => {
    const special = tensor([
      [NaN, 1, -0, 2, 5],
      [1, NaN, 3, NaN, 0],
      [Infinity, -Infinity, 1, Infinity, -1],
      [-0, 0, -0, -1, -Infinity],
      [2, 7, 7, 2, 7],
    ]);
    const ops: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
      (x) => x.argmax(1, { keepDims: true }).cast('float32').add(x.mul(0)),
      (x) =>
        x
          .argmax(0, { keepDims: true })
          .cast('float32')
          .mul(zeros([5, 5]).add(1)),
      (x) => x.max(1, { keepDims: true }).sub(zeros([5, 5])),
      (x) => x.max(0, { keepDims: true }).sub(zeros([5, 5])),
      (x, y) => maximum(x, y),
      (x) => x.relu(),
      (x, y) => x.less(y).add(x.equal(y)),
      (x, y) => where(x, y, 3),
      (x, y) => where(x.cast('int32'), y, 3),
      (x) => x.sum(1, { keepDims: true }).add(zeros([5, 5])),
      (x) => x.transpose().reverse(1),
    ];
    for (const op of ops) {
      const results = [compiling, reference].map((backend) =>
        withBackend(backend, () =>
          scope(() => {
            const values = tensor(special.dataSync(), { shape: [5, 5] });
            const cell: RecurrentCell<Tensor> = {
              inputSize: 5,
              outputSize: 5,
              initialState: () => values,
              step: (x, h) => [op(h.add(x), h), h],
            };
            return [...scan(cell, zeros([5, 14, 5]))[0].dataSync()];
          }),
        ),
      );
      expect(results[0]).toEqual(results[1]);
    }
    expect(seen.left).toBe(0);
  });

  it('refuses an index that its table lacks', () => {
    withBackend(compiling, () => {
      const table = new Rng(1).normal([3, 2]);
      const cell: RecurrentCell<Tensor> = {
        inputSize: 2,
        outputSize: 2,
        initialState: (batch) => zeros([batch, 2]),
        step: (x, h) => {
          const next = table.gather(h.add(x).sum(1).cast('int32'));
          return [next, next];
        },
      };
      const run = (): unknown => scope(() => void scan(cell, new Rng(2).normal([4, 14, 2], { mean: 9 })));
      expect(run).toThrow(
        expect.objectContaining({
          code: 'INDEX_OUT_OF_RANGE',
          message: expect.stringMatching(
            /^gather: index \d+ at position 0 of step 0 is out of range: there are 3 rows, 0 to 2\./,
          ),
        }),
      );
    });
  });

  it('leaves memory as it was, however often it runs', () => {
    withBackend(compiling, () => {
      const cell = new LstmCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
      const xs = new Rng(2).normal([4, 14, 3]);
      const step = (): void =>
        scope(() => {
          valueAndGrad(() => scan(cell, xs)[0].square().sum(), parametersOf(cell));
        });
      step();
      const before = compiling.memory();
      for (let i = 0; i < 1000; i++) step();
      expect(compiling.memory()).toEqual(before);
    });
    expect(seen.left).toBe(0);
  });

  it('is what scanReport tells of, and why there is none', () => {
    withBackend(compiling, () => {
      const lstm = new LstmCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
      expect(scanReport(lstm, { batch: 2 }).forwards).toMatchObject({ products: 1, otherOps: 12, compiled: true });
      const cell: RecurrentCell<Tensor> = {
        inputSize: 3,
        outputSize: 3,
        initialState: (batch) => zeros([batch, 3]),
        step: (x, h) => [h, h.cast('float64').exp().cast('float32').add(x)],
      };
      const report = scanReport(cell, { batch: 2 });
      expect(report.forwards).toMatchObject({ compiled: false, reason: 'a value is float64' });
    });
  });
});
