import type { LoopEquation, LoopProgram, Signature } from '@unroll/backend';

/** Where a value is while a program runs: one value for all steps, one per step (given, or made over all), or of this step. */
export type Home = 'constant' | 'series' | 'step';

/** What an interpreter must know besides the equations: what is read and kept at each step, and when a value has served. */
export interface Layout {
  readonly homes: readonly Home[];
  /** Series of which each step takes its part. */
  readonly stepReads: readonly number[];
  /** The equations of the loop. */
  readonly steps: readonly Instruction[];
  /** What a step hands on, and whether a second handle must be made for it. */
  readonly next: readonly Role[];
  /** Values of each step that are kept as a series. */
  readonly collected: readonly Role[];
  /** After each equation outside of the loop, the loop standing for one: series to free. */
  readonly seriesFrees: readonly (readonly number[])[];
}

/** An equation, ready to run many times. */
export interface Instruction {
  readonly equation: LoopEquation;
  /** Of its outputs. */
  readonly signatures: readonly Signature[];
  /** Values of the step that have then served. */
  readonly frees: readonly number[];
}

/** What becomes of a value at the end of a step. */
export interface Role {
  readonly value: number;
  readonly share: boolean;
}

const layouts = new WeakMap<LoopProgram, Layout>();

export function layoutOf(program: LoopProgram): Layout {
  let layout = layouts.get(program);
  if (!layout) layouts.set(program, (layout = makeLayout(program)));
  return layout;
}

function makeLayout({ values, inputs, carried, phases, outputs }: LoopProgram): Layout {
  const homes: Home[] = values.map(() => 'constant');
  const settle = (list: readonly number[], home: Home): void => {
    for (const value of list) homes[value] = home;
  };
  const outputsOf = (equations: readonly LoopEquation[]): readonly number[] =>
    equations.flatMap((equation) => [...equation.outputs]);
  const inputsOf = (equations: readonly LoopEquation[]): readonly number[] =>
    equations.flatMap((equation) => [...equation.inputs]);
  const stepEquations = phases.loop.filter(({ op }) => op !== 'accumulate');
  const isOutput = new Set(outputs.series);
  settle(inputs.series, 'series');
  settle(outputsOf(phases.before), 'series');
  settle(outputsOf(phases.after), 'series');
  settle(
    carried.map(({ value }) => value),
    'step',
  );
  settle(outputsOf(stepEquations), 'step');

  const nexts = carried.map(({ next }) => next);
  const stepReads = unique([...inputsOf(phases.loop), ...nexts]).filter((value) => homes[value] === 'series');
  const readLater = [...inputsOf(phases.after), ...inputsOf(phases.totals), ...outputs.series];
  const collected = unique(readLater).filter((value) => homes[value] === 'step');

  // The last role of a value that the step made takes it over.
  const made = new Set(outputsOf(stepEquations));
  const roles = [...nexts, ...collected];
  const withShare = roles.map((value, i) => ({ value, share: !made.has(value) || roles.indexOf(value, i + 1) >= 0 }));
  const stepFrees = lastUses(phases.loop, (value) => made.has(value) && !roles.includes(value));

  // A value collected under its own number is a series once the loop has ended.
  const owned = new Set([...outputsOf(phases.before), ...collected, ...outputsOf(phases.after)]);
  const loop: LoopEquation = { op: 'detach', inputs: stepReads, attrs: {}, outputs: collected };
  const sequence = [...phases.before, loop, ...phases.after, ...phases.totals];
  const seriesFrees = lastUses(sequence, (value) => owned.has(value) && !isOutput.has(value));
  return {
    homes,
    stepReads,
    steps: phases.loop.map((equation, i) => ({
      equation,
      signatures: equation.outputs.map((output) => values[output]!),
      frees: stepFrees[i]!,
    })),
    next: withShare.slice(0, nexts.length),
    collected: withShare.slice(nexts.length),
    seriesFrees,
  };
}

/** For each equation, the values among those asked for that no later one uses. */
function lastUses(
  equations: readonly LoopEquation[],
  isAskedFor: (value: number) => boolean,
): readonly (readonly number[])[] {
  const last = new Map<number, number>();
  for (const [i, { inputs, outputs }] of equations.entries()) {
    for (const value of [...inputs, ...outputs]) if (isAskedFor(value)) last.set(value, i);
  }
  return equations.map((_, i) => [...last].flatMap(([value, at]) => (at === i ? [value] : [])));
}

function unique(list: readonly number[]): readonly number[] {
  return [...new Set(list)];
}
