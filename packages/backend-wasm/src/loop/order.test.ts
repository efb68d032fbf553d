import type { LoopEquation, LoopProgram } from '@unroll/backend';
import { LayerNormLstmCell } from '@unroll/cells';
import { problem, type Problem, RandomCell, solve } from '@unroll/cells/testing';
import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withEarlySums } from './early-sums.ts';
import { inOrder } from './order.ts';
import { scheduleOf } from './schedule.ts';
import { loopBackend } from './testing/backends.ts';

const backend = loopBackend({});

/** The programs of a cell, forwards and backwards. */
function programsOf(make: Parameters<typeof solve>[1], each: Problem): readonly LoopProgram[] {
  const programs = new Set<LoopProgram>();
  const recording = {
    ...backend,
    compileLoop: (program: LoopProgram) => {
      programs.add(program);
      return backend.compileLoop!(program);
    },
  };
  solve(recording, make, each);
  return [...programs];
}

const shape = { choices: [1], batch: 6, inputSize: 4, hidden: 8, time: 3, masked: false, wanted: 0 };
const layerNormed = programsOf(() => new LayerNormLstmCell({ inputSize: 4, hiddenSize: 8, rng: new Rng(1) }), shape);

function expectInOrder({ phases, values }: LoopProgram): void {
  const made = new Set(phases.loop.flatMap(({ outputs }) => [...outputs]));
  const ready = new Set([...values.keys()].filter((value) => !made.has(value)));
  for (const { op, inputs, outputs } of phases.loop) {
    for (const input of inputs) expect(ready.has(input), `${op} reads value ${input}`).toBe(true);
    for (const output of outputs) expect(ready.has(output), `${op} makes value ${output} again`).toBe(false);
    for (const output of outputs) ready.add(output);
  }
}

describe('the order of the equations of a loop', () => {
  it('holds each of them once, behind all that it reads', () => {
    fc.assert(
      fc.property(problem, (each) => {
        for (const program of programsOf((sizes) => new RandomCell(each.choices, sizes), each)) {
          const sorted = ({ phases }: LoopProgram): ReadonlySet<LoopEquation> => new Set(phases.loop);
          expect(sorted(inOrder(program))).toEqual(sorted(program));
          expectInOrder(inOrder(program));
          expectInOrder(withEarlySums(program));
          expectInOrder(inOrder(withEarlySums(program)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('lets the layer norms of a product and of the input share their walks, behind the product', () => {
    const [forwards] = layerNormed;
    const shared = inOrder(forwards!);
    expect(walks(forwards!)).toBe(6);
    expect(walks(shared)).toBe(3);
  });
});

/** How often a step walks over the rows of all gates. */
function walks(program: LoopProgram): number {
  return scheduleOf(program)
    .actions.flatMap((action) => ('passes' in action ? action.passes : []))
    .flatMap((pass) => (pass.kind === 'rows' ? pass.sections : []))
    .filter(({ rows, columns }) => rows === shape.batch && columns === 4 * shape.hidden).length;
}

describe('sums over rows', () => {
  it('are taken early: the derivative of a layer norm walks over its rows twice', () => {
    const [, backwards] = layerNormed;
    expect(walks(inOrder(backwards!))).toBe(3);
    expect(walks(inOrder(withEarlySums(backwards!)))).toBe(2);
  });

  it('stay where they are if nothing is known earlier', () => {
    const [forwards] = layerNormed;
    expect(withEarlySums(forwards!).phases.loop).toEqual(forwards!.phases.loop);
  });
});
