import { valueAndGrad } from '@unroll/autograd';
import type { Backend, LoopProgram } from '@unroll/backend';
import { GruCell, LstmCell, type RecurrentCell, type State, VanillaCell, explainScan, scan } from '@unroll/cells';
import {
  Parameter,
  Rng,
  type Tensor,
  concat,
  mapTensors,
  maximum,
  parametersOf,
  scatterAdd,
  scope,
  softmax,
  tensor,
  tensorsOf,
  where,
  withBackend,
  zeros,
} from '@unroll/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { assemble } from '../backend.ts';
import { type WasmFunction, engine } from '../engine.ts';
import { EXACT } from '../kernels/gemm/tile.ts';
import { elementModule, productModule } from '../kernels/modules.ts';
import { Memory } from '../memory/memory.ts';
import { oneThread } from '../threads/threads.ts';
import { wasm } from '../wasm.ts';
import { loopCode } from './compile-loop.ts';
import { partsOfBatch, runLoop } from './run-loop.ts';

const compiling = await wasm({ relaxedSimd: false });

/** Without the compiler: the steps run on the primitives. */
const interpreting: Backend = {
  ...(await wasm({ relaxedSimd: false })),
  compileLoop: () => ({ reason: 'it is the reference' }),
};

/** Runs three parts of each batch one after the other, as threads would; every other program copies the states that it keeps. */
const parts = { split: 0, whole: 0, slots: 0 };
const splitting: Backend = (() => {
  const memory = new Memory(engine()!, 2 ** 32);
  const imports = { env: { memory: memory.linear.memory } };
  const { limits } = memory.linear;
  const kernels = Object.assign(
    {},
    ...[elementModule(limits), productModule(limits, EXACT)].map(
      (bytes) => new (engine()!.Instance)(new (engine()!.Module)(bytes), imports).exports,
    ),
  ) as Record<string, WasmFunction>;
  const threads = oneThread(1);
  const runtime = { memory, threads, kernel: (name: string) => kernels[name]! };
  const backend = assemble({ memory, threads, kernels, description: 'in parts', dispose: () => memory.dispose() });
  return {
    ...backend,
    compileLoop: (program) => {
      const code = loopCode(runtime, program, { reuse: parts.split % 2 === 0 });
      if ('reason' in code) return code;
      parts.slots += code.schedule.slots?.length ?? 0;
      parts['roles' in code.split ? 'split' : 'whole']++;
      return (run) => runLoop(runtime, code, run, partsOfBatch(code.split, 3));
    },
  };
})();

/** What became of the programs that `compiling` was given. */
const seen = { compiled: 0, left: 0 };
const compileLoop = compiling.compileLoop!.bind(compiling);
compiling.compileLoop = (program: LoopProgram) => {
  const loop = compileLoop(program);
  seen[typeof loop === 'function' ? 'compiled' : 'left']++;
  return loop;
};

beforeEach(() => {
  seen.compiled = 0;
  seen.left = 0;
});

interface Sizes {
  readonly batch: number;
  readonly inputSize: number;
  readonly hidden: number;
}

/** The heart of a layer norm. */
function normalize(x: Tensor): Tensor {
  const centered = x.sub(x.mean(1, { keepDims: true }));
  return centered.div(centered.square().mean(1, { keepDims: true }).add(0.1).sqrt());
}

/** Places of what attentions look at. */
const SLOTS = 3;

/** A cell of random equations that a loop can hold: each draw of `choices` picks an op or an operand. */
class RandomCell implements RecurrentCell {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly sizes: Sizes;
  readonly choices: readonly number[];
  readonly parameters: Parameter[] = [];
  readonly rng: Rng;
  #used = 0;

  constructor(choices: readonly number[], sizes: Sizes) {
    this.inputSize = sizes.inputSize;
    this.sizes = sizes;
    this.choices = choices;
    this.rng = new Rng(choices[0]!);
    const [y] = this.step(zeros([sizes.batch, sizes.inputSize]), this.initialState(sizes.batch));
    this.outputSize = y.shape[1]!;
  }

  initialState(batch: number): State {
    const h = zeros([batch, this.sizes.hidden]);
    return [h, [h, h], { a: h, b: h, c: h }][this.choices[1]! % 3]!;
  }

  parameter(...shape: readonly number[]): Tensor {
    const i = this.#used++;
    this.parameters[i] ??= new Parameter(this.rng.normal(shape, { std: 0.5 }));
    return this.parameters[i].value;
  }

  step(x: Tensor, state: State): readonly [Tensor, State] {
    let at = 2;
    const pick = (count: number): number => this.choices[at++ % this.choices.length]! % count;
    this.#used = 0;
    const { hidden, inputSize } = this.sizes;
    const leaves = tensorsOf(state);
    const pool = [...leaves, x.matmul(this.parameter(hidden, inputSize), { transposeB: true })];
    const any = (): Tensor => pool[pick(pool.length)]!;
    const ops = 3 + pick(8);
    for (let i = 0; i < ops; i++) pool.push(...this.apply(pick(OPS), any(), any(), x, pick));
    const recent = (): Tensor => pool[pool.length - 1 - pick(4)]!;
    let i = 0;
    const next = mapTensors(state, (leaf) => {
      const value = [
        () => recent().tanh(),
        () => recent().sigmoid().mul(leaf),
        () => leaf,
        // A state that is another one, a step later.
        () => leaves[(i + 1) % leaves.length]!,
        () => concat([x, recent().tanh()], 1).slice(1, inputSize, hidden),
        () => this.parameter(this.sizes.batch, hidden),
      ][pick(6)]!();
      i++;
      return value;
    });
    const y = [
      () => recent(),
      () => tensorsOf(next)[0]!,
      () => recent().tanh().matmul(this.parameter(hidden, 2)).add(this.parameter(2)),
      () => concat([recent(), x], 1),
      () => leaves[0]!,
    ][pick(5)]!();
    return [y, next];
  }

  apply(op: number, a: Tensor, b: Tensor, x: Tensor, pick: (count: number) => number): readonly Tensor[] {
    const { batch, inputSize, hidden } = this.sizes;
    const p = (...shape: readonly number[]): Tensor => this.parameter(...shape);
    switch (op) {
      case 0:
        return [a.add(b)];
      case 1:
        return [a.sub(b).mul(0.7)];
      case 2:
        return [a.tanh().mul(b.sigmoid())];
      case 3:
        return [a.mul(p(hidden)).add(p(1, hidden))];
      case 4:
        return [pick(2) === 0 ? a.tanh().matmul(p(hidden, hidden)) : a.matmul(p(hidden, hidden), { transposeB: true })];
      case 5:
        return concat([x, a.tanh()], 1)
          .matmul(p(inputSize + hidden, 2 * hidden))
          .split(1, 2);
      case 6: {
        const sums = a.matmul(p(hidden, 3 * hidden)).add(b.sigmoid().matmul(p(hidden, 3 * hidden)));
        const [u, v, w] = sums.add(p(3 * hidden)).split(1, 3);
        return pick(2) === 0 ? [u.sigmoid().mul(v), w] : [v];
      }
      case 7:
        return [a.neg().add(1).mul(b.tanh()).relu()];
      case 8:
        return [where(a.greater(b), a.mul(2), b), a.less(b).mul(a)];
      case 9:
        return [maximum(a, b.mul(0.3))];
      case 10:
        return [a.detach().mul(b)];
      case 11:
        return [a.abs().add(1).log(), a.square().add(1).sqrt(), a.tanh().exp(), a.tanh().erf()];
      case 12:
        return [b.div(a.square().add(1))];
      case 13:
        // A column for all columns, of a parameter and of what the step makes.
        return [a.mul(p(batch, 1)), a.slice(1, hidden - 1, 1).mul(b), p(1).mul(a)];
      case 14:
        // Every example has numbers of its own, whose derivative is a sum over the steps.
        return [a.mul(p(batch, hidden)).tanh()];
      case 15:
        // A weight that each step makes, and a product that mixes the examples.
        return [b.matmul(a.matmul(p(batch, hidden), { transposeA: true }).tanh())];
      case 16:
        return [a.matmul(b, { transposeB: true }).tanh().matmul(a)];
      case 17:
        return [
          concat([a, b], 1)
            .mul(p(2 * hidden))
            .slice(1, 1, hidden),
        ];
      case 18:
        return [concat([b, a], 0).tanh().slice(0, 1, batch)];
      case 19:
        return [normalize(a).mul(p(hidden)).add(p(hidden))];
      case 20: {
        // One normalization over what is split afterwards.
        const sums = a.tanh().matmul(p(hidden, 3 * hidden));
        const [u, v, w] = normalize(sums)
          .mul(p(3 * hidden))
          .split(1, 3);
        return [u.sigmoid().mul(v), w.tanh()];
      }
      case 21:
        return [softmax(a).mul(b), a.mul(b.mean(1, { keepDims: true }).sigmoid())];
      case 22: {
        // Attention over a memory, of which one slot may be masked.
        const memory = p(batch, SLOTS, hidden);
        const scores = memory.matmul(a.tanh().reshape([batch, hidden, 1])).squeeze(2);
        const weights = softmax(scores, pick(2) === 0 ? {} : { mask: tensor([[1, 1, 0]]) });
        return [weights.expandDims(1).matmul(memory).squeeze(1)];
      }
      case 23: {
        // Additive attention: the memory meets the query by broadcasting.
        const scores = p(batch, SLOTS, hidden).add(a.expandDims(1)).tanh().mul(p(hidden)).sum(2);
        return [softmax(scores).matmul(p(SLOTS, hidden))];
      }
      case 24:
        return [maximum(a, b.mul(0.3)), a.max(1, { keepDims: true }).mul(b)];
      case 25:
        return [a.sub(a.mean(0)).mul(p(hidden)), b.mul(a.sum().tanh())];
      case 26:
        return [p(hidden, hidden).gather(a.argmax(1)).add(a)];
      case 27:
        return [scatterAdd(a.tanh(), b.argmax(1), hidden).gather(a.argmax(1))];
      case 28:
        return [
          a
            .reverse(1)
            .slice(1, 0, 1)
            .pad(1, hidden - 1, 0),
          a.reverse(0),
          a.slice(1, 0, 1).mul(b),
        ];
      case 29:
        return [a.mul(3).cast('int32').cast('float32').mul(b.tanh())];
      case 30:
        return [a.transpose().tanh().matmul(p(batch, batch)).transpose().tanh()];
      case 31:
        return [
          a
            .tanh()
            .expandDims(1)
            .mul(b.tanh().expandDims(2))
            .matmul(p(batch, hidden, 2), { transposeA: pick(2) === 0 })
            .max(2),
        ];
      case 32: {
        // Along a middle axis, in parts.
        const joined = concat([a.expandDims(1), b.expandDims(1), p(batch, 1, hidden)], 1);
        const [u, v] = joined.split(1, [2, 1]);
        return [u.sum(1).tanh(), v.squeeze(1).mul(a), joined.reverse(1).slice(1, 0, 1).squeeze(1)];
      }
      case 33: {
        const pair = concat([a, b], 1).reshape([batch, 2, hidden]).transpose([0, 2, 1]);
        return [
          pair
            .sigmoid()
            .reshape([batch, 2 * hidden])
            .slice(1, 0, hidden),
          pair.mean(2),
        ];
      }
      case 34:
        return [where(b.argmax(1, { keepDims: true }).equal(a.argmax(1, { keepDims: true })), a, b.neg())];
      case 35:
        return [zeros([batch, hidden]).add(a), a.pad(0, 1, 0).slice(0, 0, batch).tanh()];
      default:
        return [x.tanh().mul(p(inputSize)).matmul(p(inputSize, hidden)).sigmoid()];
    }
  }
}
const OPS = 37;

interface Problem extends Sizes {
  readonly choices: readonly number[];
  readonly time: number;
  readonly masked: boolean;
  readonly wanted: number;
}

const problem: fc.Arbitrary<Problem> = fc.record({
  choices: fc.array(fc.nat(1 << 20), { minLength: 40, maxLength: 40 }),
  batch: fc.constantFrom(1, 2, 5, 6, 8),
  inputSize: fc.constantFrom(1, 3, 4),
  hidden: fc.constantFrom(1, 3, 4, 7, 8, 17),
  time: fc.constantFrom(3, 4, 13),
  masked: fc.boolean(),
  wanted: fc.nat(),
});

/** Outputs, final state and gradients on a backend, as numbers. */
function solve(backend: Backend, make: (sizes: Sizes) => RecurrentCell, each: Problem): readonly (readonly number[])[] {
  const { batch, inputSize, time, masked, wanted, choices } = each;
  return withBackend(backend, () =>
    scope(() => {
      const cell = make(each);
      const rng = new Rng(choices[0]! + 1);
      const xs = new Parameter(rng.normal([batch, time, inputSize]));
      const leaves = tensorsOf(cell.initialState(batch)).map((leaf) =>
        leaf.dtype === 'int32' ? new Parameter(leaf) : new Parameter(rng.normal(leaf.shape)),
      );
      const mask = masked ? rng.bernoulli([batch, time], 0.6) : undefined;
      const weights = rng.normal([batch, time, cell.outputSize]);
      const state = (): State => {
        let i = 0;
        return mapTensors(cell.initialState(batch), () => leaves[i++]!.value);
      };
      const run = (): readonly Tensor[] => {
        const [ys, final] = scan(cell, xs.value, { state: state(), ...(mask ? { mask } : {}) });
        return [ys, ...tensorsOf(final)];
      };
      const all = [xs, ...leaves, ...(cell instanceof RandomCell ? cell.parameters : parametersOf(cell))];
      const floats = all.filter((each) => each.value.dtype !== 'int32');
      const parameters = floats.filter((_, i) => wanted % 3 === 0 || (wanted >> i) & 1);
      const { value, grads } = valueAndGrad(() => {
        const [ys, ...final] = run();
        return final.reduce((sum, leaf) => sum.add(leaf.cast('float32').square().sum()), ys!.mul(weights).sum());
      }, parameters);
      return [...run(), value, ...grads].map((result) => [...result.dataSync()]);
    }),
  );
}

function expectSame(
  make: (sizes: Sizes) => RecurrentCell,
  each: Problem,
  tolerance: number,
  backend: Backend = compiling,
): void {
  const expected = solve(interpreting, make, each);
  for (const [i, result] of solve(backend, make, each).entries()) {
    // Rounding grows with the largest number that went into a sum.
    const scale = expected[i]!.reduce((most, want) => Math.max(most, Math.abs(want)), 1);
    for (const [j, value] of result.entries()) {
      const want = expected[i]![j]!;
      if (Object.is(value, want) || Math.abs(value - want) <= tolerance * scale) continue;
      expect.fail(`result ${i}, element ${j}: ${value} instead of ${want}`);
    }
  }
}

describe('a compiled loop', () => {
  it('gives what the primitives give: outputs, final states and gradients of random cells', () => {
    fc.assert(
      fc.property(problem, (each) => {
        const { batch, inputSize, hidden } = each;
        // The primitives sum products of few rows or of one column in another order, which a random cell may amplify.
        const isExact = batch >= 5 && Math.min(inputSize, hidden) > 1;
        const time = isExact ? each.time : 3;
        expectSame((sizes) => new RandomCell(each.choices, sizes), { ...each, time }, isExact ? 1e-4 : 1e-3);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 150) },
    );
    expect(seen.compiled).toBeGreaterThan(0);
    expect(seen.left).toBe(0);
  }, 600_000);

  it('gives the same in parts of the batch: outputs and states to the bit, sums over the batch but for rounding', () => {
    fc.assert(
      fc.property(problem, (each) => {
        const { batch, inputSize, hidden } = each;
        fc.pre(batch >= 5 && Math.min(inputSize, hidden) > 1);
        const make = (sizes: Sizes): RecurrentCell => new RandomCell(each.choices, sizes);
        expectSame(make, each, 1e-4, splitting);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 100) },
    );
    // Some steps mix the examples of a batch.
    expect(parts.split).toBeGreaterThan(2 * parts.whole);
    expect(parts.slots).toBeGreaterThan(10);
  }, 600_000);

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
        expectSame(() => new Cell({ inputSize: 4, hiddenSize: hidden, rng: new Rng(hidden) }), each, 1e-5);
      }
    }
    expect(seen.left).toBe(0);
    expect(seen.compiled).toBeGreaterThanOrEqual(16);
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
      expectSame(make, { choices: [3], batch: 5, inputSize: 6, hidden: 6, time: 13, masked: false, wanted: 0 }, 1e-6);
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
      for (const backend of [compiling, splitting]) {
        expectSame(
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
      const results = [compiling, interpreting].map((backend) =>
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
      expect(run).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
    });
  });

  it('keeps the states of an LSTM without copying them', () => {
    parts.split = parts.slots = 0;
    withBackend(splitting, () =>
      scope(() => {
        const cell = new LstmCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
        valueAndGrad(
          () =>
            scan(cell, new Rng(2).normal([4, 14, 3]))[0]
              .square()
              .sum(),
          parametersOf(cell),
        );
      }),
    );
    expect(parts.slots).toBe(2);
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

  it('is what explainScan tells of, and why there is none', () => {
    withBackend(compiling, () => {
      const lstm = new LstmCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
      expect(explainScan(lstm, { batch: 2 })).toContain('1 matrix product and 12 other ops, compiled:');
      const cell: RecurrentCell<Tensor> = {
        inputSize: 3,
        outputSize: 3,
        initialState: (batch) => zeros([batch, 3]),
        step: (x, h) => [h, h.cast('float64').exp().cast('float32').add(x)],
      };
      expect(explainScan(cell, { batch: 2 })).toContain('not compiled (a value is float64):');
    });
  });
});
