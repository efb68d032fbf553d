import { GruCell, LstmCell, type RecurrentCell, scan } from '@unroll/cells';
import { RandomCell, problem, solve } from '@unroll/cells/testing';
import { Rng, scope, withBackend } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Section } from './actions.ts';
import type { Schedule } from './schedule.ts';
import { loopBackend } from './testing/backends.ts';
import { inGroups } from './together.ts';

let schedules: Schedule[] = [];
const backend = loopBackend({ onCode: ({ schedule }) => schedules.push(schedule) });

function sectionsOf({ actions }: Schedule): readonly Section[] {
  const passes = actions.flatMap((action) => ('passes' in action ? action.passes : []));
  return passes.flatMap((pass) => (pass.kind === 'rows' ? pass.sections : []));
}

type Options = ConstructorParameters<typeof LstmCell>[0];

/** The gates of each group, in the step of a cell. */
function gatesOf(make: (options: Options) => RecurrentCell): readonly (readonly string[])[] {
  schedules = [];
  withBackend(backend, () =>
    scope(() => {
      const cell = make({ inputSize: 3, hiddenSize: 8, rng: new Rng(1) });
      scan(cell, new Rng(2).normal([2, 14, 3]));
    }),
  );
  return schedules.flatMap((schedule) =>
    sectionsOf(schedule)
      .flatMap(({ nodes }) => inGroups(nodes, schedule))
      .flatMap((group) => (group.kind === 'gates' ? [group.gates.map(({ op }) => op)] : [])),
  );
}

describe('nodes that run together', () => {
  it('are the gates of an LSTM, and its output after them', () => {
    const groups = gatesOf((options) => new LstmCell(options));
    expect(groups.map((group) => group.toSorted())).toEqual([['sigmoid', 'sigmoid', 'sigmoid', 'tanh'], ['tanh']]);
  });

  it('do not depend on each other: the candidate of a GRU waits for its reset gate', () => {
    const groups = gatesOf((options) => new GruCell(options));
    expect(groups).toEqual([['sigmoid', 'sigmoid'], ['tanh']]);
  });

  it('are all nodes, each once and after what it reads', () => {
    schedules = [];
    fc.assert(
      fc.property(problem, (each) => void solve(backend, (sizes) => new RandomCell(each.choices, sizes), each)),
      { numRuns: 30 },
    );
    for (const schedule of schedules) {
      for (const { nodes } of sectionsOf(schedule)) {
        const order = inGroups(nodes, schedule).map((group) =>
          group.kind === 'node' ? [group.node] : group.gates.map(({ node }) => node),
        );
        expect(new Set(order.flat())).toEqual(new Set(nodes));
        expect(order.flat().length).toBe(nodes.length);
        const waiting = new Set(nodes.map(({ output }) => output));
        for (const group of order) {
          for (const { inputs } of group) for (const input of inputs) expect(waiting.has(input)).toBe(false);
          for (const { output } of group) waiting.delete(output);
        }
      }
    }
  }, 60_000);

  it('are found by one look at what each node reads, however long the step', () => {
    let looks = 0;
    const node = (op: string, output: number, inputs: readonly number[]): Node => ({
      op,
      output,
      get inputs() {
        looks++;
        return inputs;
      },
    });
    // Each sigmoid waits for the one before; no tanh waits for any.
    const nodes = Array.from({ length: 200 }, (_, i) => [
      node('mul', 4 * i + 1, [0]),
      node('tanh', 4 * i + 2, [4 * i + 1]),
      node('add', 4 * i + 3, [4 * i + 2, 4 * i]),
      node('sigmoid', 4 * i + 4, [4 * i + 3]),
    ]).flat();
    const groups = inGroups(nodes, { parts: new Map(), inlined: new Map(), strips: new Map() });
    expect(looks).toBe(nodes.length);
    expect(groups.filter((group) => group.kind === 'gates').length).toBeLessThan(400);
  });
});
