import {
  type Buffer,
  type CompiledLoop,
  type LoopObstacle,
  type LoopProgram,
  type LoopRun,
  type LoopStart,
  type LoopSteps,
  sizeOf,
} from '@unroll/backend';
import { type Dimensions, tilingOf } from '../matmul/index.ts';
import type { Memory } from '../memory.ts';
import { checkIndices } from '../ops/gather.ts';
import { LARGEST_INTEGER } from '../whole-numbers.ts';
import { type AfterPlan, planAfter } from './after-steps.ts';
import { KeptSeries, type KeptSteps } from './kept-series.ts';
import { type SeriesForm, type StepPlan, planSteps } from './plan.ts';
import { runSteps } from './run-loop.ts';
import type { StepGraph } from './step-graph.ts';
import { CompiledSteps } from './steps.ts';

/** Compiles each program once. */
export function loopCompiler(memory: Memory): (program: LoopProgram) => CompiledLoop | LoopObstacle {
  const loops = new WeakMap<LoopProgram, CompiledLoop | LoopObstacle>();
  return (program) => {
    let loop = loops.get(program);
    if (!loop) loops.set(program, (loop = compileLoop(memory, program)));
    return loop;
  };
}

/** Lengths whose last kernels are remembered. */
const LENGTHS = 64;

/** The kernels of a program for one form of its series. */
interface Compiled {
  readonly plan: StepPlan;
  readonly after: Map<number, AfterPlan>;
}

function compileLoop(memory: Memory, program: LoopProgram): CompiledLoop | LoopObstacle {
  const reason = obstacle(program);
  if (reason !== undefined) return { reason };
  const { device } = memory;
  const { vectors } = device;
  const canTile = (dimensions: Dimensions): boolean =>
    tilingOf(dimensions, device.nativeOutputs, device.sideLimit) !== undefined;
  const planFor = (formOf?: (value: number) => SeriesForm): Compiled | LoopObstacle => {
    const plan = planSteps(program, { vectors, canTile }, formOf);
    if ('reason' in plan) return plan;
    // Any length tells whether sums over the steps can be made.
    const after = planAfter(plan, 2, vectors);
    return 'reason' in after ? after : { plan, after: new Map([[2, after]]) };
  };
  const usual = planFor();
  if ('reason' in usual) return usual;
  const { graph } = usual.plan;
  const indices = indicesOf(graph);
  if ('reason' in indices) return indices;
  const read = [...new Set([...graph.definitions.values()].flatMap(({ equation }) => [...equation.inputs]))];
  const series = read.filter((value) => graph.isSeries(value));
  const forms = new Map<string, Compiled>([['', usual]]);

  const check = (given: (value: number) => Buffer): void => {
    for (const { value, rows } of indices.given) checkIndices(memory, 'gather', given(value), rows);
  };
  const afterOf = ({ plan, after }: Compiled, time: number): AfterPlan => {
    let ofLength = after.get(time);
    if (!ofLength) {
      if (after.size >= LENGTHS) after.clear();
      ofLength = planAfter(plan, time, vectors) as AfterPlan;
      after.set(time, ofLength);
    }
    return ofLength;
  };

  const loop = Object.assign(
    (run: LoopRun) => {
      check((value) => (graph.isSeries(value) ? run.series(value) : run.constant(value)));
      const { key, given, formOf } = formsOf(memory, series, run);
      let compiled = forms.get(key);
      if (!compiled) {
        const made = planFor(formOf);
        // More arguments than kernels take, perhaps: then each series is brought together first.
        forms.set(key, (compiled = 'reason' in made ? usual : made));
      }
      const { plan } = compiled;
      const after = afterOf(compiled, run.time);
      loop.kernels = kernelsOf(plan);
      return memory.whole(() => runSteps({ memory, plan, after, given }, run));
    },
    {
      // At most: a run that is given its series step by step may take fewer.
      kernels: kernelsOf(usual.plan),
      ...(isPlain(program) && {
        begin: (start: LoopStart): LoopSteps => {
          const given = (xs: Buffer) => (value: number) => (graph.isSeries(value) ? xs : start.constant(value));
          const after = (time: number): AfterPlan => afterOf(usual, time);
          const { plan } = usual;
          return new CompiledSteps({ memory, plan, after, check: (xs) => check(given(xs)) }, start);
        },
      }),
    },
  );
  return loop;
}

/** Whether a program is given one series and gives one, in the order of time. */
function isPlain({ inputs, outputs, phases, reversed }: LoopProgram): boolean {
  const others = [phases.before, phases.after, phases.totals, outputs.totals];
  return (
    !reversed &&
    inputs.series.length === 1 &&
    outputs.series.length === 1 &&
    others.every(({ length }) => length === 0) &&
    phases.loop.every(({ op }) => op !== 'accumulate')
  );
}

/** A product by tiles takes two more than the one that packs its operand. */
function kernelsOf({ kernels }: StepPlan): number {
  return kernels.reduce((sum, { product }) => sum + (product ? 3 : 1), 0);
}

/** Which series come step by step, several of them together, as a key; and those steps. */
function formsOf(
  memory: Memory,
  series: readonly number[],
  run: LoopRun,
): { readonly key: string; readonly given: readonly KeptSteps[]; readonly formOf: (value: number) => SeriesForm } {
  const given: KeptSteps[] = [];
  const forms = new Map<number, NonNullable<SeriesForm>>();
  for (const value of series) {
    const deferred = memory.deferred(run.series(value));
    if (!(deferred instanceof KeptSeries) || deferred.pieces.length > 1) continue;
    const { steps, component } = deferred.pieces[0]!;
    // Another shape shows it: what was a step is none here.
    if (steps.handles.length !== run.time) continue;
    let index = given.indexOf(steps);
    if (index < 0) index = given.push(steps) - 1;
    forms.set(value, { index, component, components: steps.components });
  }
  const key = [...forms]
    .map(([value, { index, component, components }]) => `${value}:${index}.${component}/${components}`)
    .join();
  return { key, given, formOf: (value) => forms.get(value) };
}

/** What keeps the steps of a program from being compiled, or nothing. */
function obstacle({ values, constants, phases, carried }: LoopProgram): string | undefined {
  const used = new Set([
    ...phases.loop.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
    ...carried.flatMap(({ value, next }) => [value, next]),
  ]);
  for (const value of used) {
    const { shape, dtype } = values[value]!;
    if (dtype === 'float64') return 'a value is float64';
    if (sizeOf(shape) === 0) return 'a value is empty';
  }
  // Ops of their own say what is wrong, or look for it.
  const isInteger = (value: number): boolean => values[value]!.dtype === 'int32';
  if (constants.some(({ value, number }) => isInteger(value) && Math.abs(Number(number)) > LARGEST_INTEGER)) {
    return 'a constant integer is larger than the device counts';
  }
  if (phases.loop.some(({ op, inputs }) => op === 'argmax' && isInteger(inputs[0]!))) {
    return 'the largest of integers is looked for, any of which may be larger than the device counts';
  }
  if (phases.loop.some(({ op, inputs }) => op === 'accumulate' && isInteger(inputs[0]!))) {
    return 'integers are added up over the steps, and their sum may be larger than the device counts';
  }
  return undefined;
}

/** The values that are used as indices, and have to be looked at first. */
function indicesOf(graph: StepGraph): { readonly given: readonly { value: number; rows: number }[] } | LoopObstacle {
  const given: { value: number; rows: number }[] = [];
  for (const { equation } of graph.definitions.values()) {
    if (equation.op !== 'gather' && equation.op !== 'scatterAdd') continue;
    const rows = equation.op === 'gather' ? graph.shapeOf(equation.inputs[0]!)[0]! : equation.attrs.rows;
    const from = movedFrom(graph, equation.inputs[1]!);
    const maker = graph.definitions.get(from)?.equation;
    if (maker?.op === 'argmax') {
      if (graph.shapeOf(maker.inputs[0]!)[maker.attrs.axis]! <= rows) continue;
      return { reason: 'an index may lie outside of what it looks into' };
    }
    if (maker || graph.isCarried(from))
      return { reason: 'a step computes an index, which cannot be checked on the device' };
    given.push({ value: from, rows });
  }
  return { given };
}

function movedFrom(graph: StepGraph, value: number): number {
  const equation = graph.definitions.get(value)?.equation;
  if (equation && ['detach', 'reshape', 'transpose', 'reverse', 'slice', 'broadcast'].includes(equation.op)) {
    return movedFrom(graph, equation.inputs[0]!);
  }
  return value;
}
