import type { LoopEquation, LoopPhase, LoopProgram, LoopValue } from '@unroll/backend';
import type { Node, Value } from './value.ts';
import { type LoopPolicy, type LoopSpec, schedule } from './phases.ts';

/** A program and where its parts come from. */
export interface Planned {
  readonly program: LoopProgram;
  /** Those of the carried values that the program has. */
  readonly carried: readonly Value[];
  /** When a value is known; for leaves, undefined. */
  phaseOf(value: Value): LoopPhase | undefined;
}

/** Writes a loop down as plain data. `label` names values for people. */
export function planLoop(spec: LoopSpec, policy: LoopPolicy, label?: (value: Value) => string | undefined): Planned {
  const { phases, carried } = schedule(spec, policy);
  const values: LoopValue[] = [];
  const constants: LoopProgram['constants'][number][] = [];
  const positions = new Map<Value, number>();
  const at = (value: Value): number => {
    let position = positions.get(value);
    if (position !== undefined) return position;
    const name = label?.(value);
    position =
      values.push({ shape: value.shape, dtype: value.dtype, ...(name === undefined ? {} : { label: name }) }) - 1;
    positions.set(value, position);
    if (value.constant !== undefined) {
      constants.push({ value: position, number: Object.is(value.constant, -0) ? '-0' : String(value.constant) });
    }
    return position;
  };
  const inputs = { once: spec.once.map(at), series: spec.series.map(({ value }) => at(value)) };
  const leaves = carried.map(({ value }) => at(value));
  const equationsOf = (phase: LoopPhase): readonly LoopEquation[] =>
    spec.graph.nodes
      .filter((node) => phases.get(node) === phase)
      .map((node) => equation(node, node.inputs.map(at), node.outputs.map(at)));
  const program: LoopProgram = {
    reversed: spec.reversed,
    values,
    constants,
    inputs,
    phases: {
      once: equationsOf('once'),
      before: equationsOf('before'),
      loop: equationsOf('loop'),
      after: equationsOf('after'),
      totals: equationsOf('totals'),
    },
    carried: carried.map(({ next }, i) => ({ value: leaves[i]!, next: at(next) })),
    outputs: {
      once: spec.outputs.once.map(at),
      series: spec.outputs.series.map(at),
      totals: spec.outputs.totals.map(at),
    },
  };
  return {
    program,
    carried: carried.map(({ value }) => value),
    phaseOf: (value) => (value.node ? phases.get(value.node) : undefined),
  };
}

function equation({ op, attrs }: Node, inputs: readonly number[], outputs: readonly number[]): LoopEquation {
  return { op, inputs, attrs, outputs } as LoopEquation;
}
