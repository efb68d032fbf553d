import type { Backend } from '@unroll/backend';
import { GruCell, LstmCell, type RecurrentCell, StackedCells, Stream, VanillaCell } from '@unroll/cells';
import { Parameter, Rng, type Tensor, concat, scope, tensor, unstack, withBackend, zeros } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wasm } from './wasm.ts';

const compiling = await wasm({ relaxedSimd: false });

/** Streams that the backend runs as one call per step. */
let begun = 0;
const backend: Backend = {
  ...compiling,
  compileLoop: (program) => {
    const loop = compiling.compileLoop!(program);
    if (typeof loop !== 'function' || !loop.begin) return loop;
    const { begin } = loop;
    return Object.assign(loop.bind(undefined), {
      begin: (...start: Parameters<typeof begin>) => (begun++, begin(...start)),
    });
  },
};

const CELLS = [VanillaCell, LstmCell, GruCell];
const size = fc.integer({ min: 1, max: 40 });

/** An embedding, a cell and a product; x is a token. */
function decoder(cell: RecurrentCell, rng: Rng): RecurrentCell {
  const [table, weight, bias] = [[9, cell.inputSize], [cell.outputSize, 9], [9]].map(
    (shape) => new Parameter(rng.normal(shape)),
  );
  return {
    inputSize: 1,
    outputSize: 9,
    initialState: (batch) => cell.initialState(batch),
    step: (x, state) => {
      const [y, next] = cell.step(table!.value.gather(x.squeeze(1)), state);
      return [y.matmul(weight!).add(bias!), next];
    },
  };
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const scale = Math.max(1, expected.abs().max().item());
  expect(actual.sub(expected).abs().max().item() / scale).toBeLessThan(2e-6);
}

describe('a stream', () => {
  it('gives what cell.step gives, step by step and many steps at once, whatever the sizes', () => {
    begun = 0;
    const runs = 60;
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.nat(2),
          input: size,
          hidden: size,
          batch: fc.integer({ min: 1, max: 4 }),
          tokens: fc.boolean(),
        }),
        ({ kind, input, hidden, batch, tokens }) => {
          withBackend(backend, () =>
            scope(() => {
              const rng = new Rng(hidden);
              const lower = new CELLS[kind]!({ inputSize: input, hiddenSize: hidden, rng });
              const upper = new GruCell({ inputSize: hidden, hiddenSize: 3, rng });
              const stack: RecurrentCell = new StackedCells({ cells: [lower, upper] });
              const cell = tokens ? decoder(stack, rng) : stack;
              const time = 5;
              const ids = Int32Array.from({ length: batch * time }, () => rng.integer(9));
              const xs = tokens ? tensor(ids, { shape: [batch, time, 1] }) : rng.normal([batch, time, input]);
              const [single, whole] = [new Stream({ cell, batch }), new Stream({ cell, batch })];
              let state = cell.initialState(batch);
              const expected = unstack(xs, 1).map((x) => {
                const [y, next] = cell.step(x, state);
                state = next;
                expectClose(single.step(x), y);
                return y.expandDims(1);
              });
              const [head, tail] = xs.split(1, [2, 3]);
              expectClose(concat([whole.read(head), whole.read(tail)], 1), concat(expected, 1));
              single.dispose();
              whole.dispose();
            }),
          );
        },
      ),
      { numRuns: runs },
    );
    expect(begun).toBe(2 * runs);
  });

  it('follows its parameters, and holds as much after 10 000 steps as after 1', () => {
    withBackend(backend, () => {
      const cell = new LstmCell({ inputSize: 3, hiddenSize: 8, rng: new Rng(1) });
      const stream = new Stream({ cell });
      const x = new Rng(2).normal([1, 3]);
      stream.step(x);
      const before = compiling.memory();
      for (let i = 0; i < 10_000; i++) stream.step(x);
      expect(compiling.memory()).toEqual(before);
      cell.weight_hh.value = zeros([32, 8]);
      const { state } = stream;
      expectClose(stream.step(x), cell.step(x, state)[0]);
    });
  });

  it('names a token that there is not, and goes on with the next', () => {
    withBackend(backend, () => {
      const rng = new Rng(1);
      const stream = new Stream({ cell: decoder(new GruCell({ inputSize: 2, hiddenSize: 4, rng }), rng) });
      const token = (id: number): Tensor => tensor(Int32Array.of(id), { shape: [1, 1] });
      const first = stream.step(token(1)).dataSync();
      stream.reset();
      expect(() => stream.step(token(9))).toThrow(
        expect.objectContaining({
          code: 'INDEX_OUT_OF_RANGE',
          message: expect.stringContaining('gather: index 9 at position 0 of step 0 '),
        }),
      );
      expect(stream.step(token(1)).dataSync()).toEqual(first);
      expect(() => stream.step(token(9))).toThrow('gather: index 9 at position 0 of step 1 ');
      const many = tensor(Int32Array.of(1, 1, 9), { shape: [1, 3, 1] });
      expect(() => stream.read(many)).toThrow('gather: index 9 at position 0 of step 3 ');
    });
  });
});
