import { type LoopObstacle, sizeOf } from '@unroll/backend';
import { Elements, type Place } from './elements.ts';
import type { Expression } from './expression.ts';
import { barriersOf, placeAt } from './grouping.ts';
import { type LoopKernel, kernelText, threadOver } from './kernel-text.ts';
import { type Position, along, counter, divided, unflattened } from './position.ts';
import type { Origin, StepPlan } from './plan.ts';

/** What a kernel that runs when the loop has ended takes. */
export type AfterOrigin =
  | Exclude<Origin, { kind: 'steps' | 'slot' | 'group' }>
  | { readonly kind: 'kept'; readonly value: number };

/** A kernel over all steps: of a value that was not stored, or of a sum. */
export interface AfterKernel {
  readonly value: number;
  readonly kernel: LoopKernel;
  readonly origins: ReadonlyMap<string, AfterOrigin>;
}

/** The kernels that make what no step stores, in their order, for so many steps. */
export interface AfterPlan {
  /** Each over all steps, then known as kept. */
  readonly deferred: readonly AfterKernel[];
  readonly totals: readonly AfterKernel[];
}

const MOST_SOURCES = 7;

/** Values that can be read over all steps: stored, or found as the step before left them. */
export function readableAfter({ graph, grouping }: StepPlan): ReadonlySet<number> {
  const stored = new Set(grouping.groups.flatMap(({ members }) => members));
  const deferred = new Set(grouping.deferred);
  const wholes = graph.kept.filter((value) => graph.isMade(value) && !deferred.has(value));
  return new Set([...stored, ...wholes, ...graph.program.carried.map(({ value }) => value)]);
}

/** Plans what runs after so many steps, or says why it can't. */
export function planAfter(plan: StepPlan, time: number, vectors: boolean): AfterPlan | LoopObstacle {
  const { graph, grouping } = plan;
  const readable = new Set(readableAfter(plan));
  const deferred: AfterKernel[] = [];
  const totals: AfterKernel[] = [];
  const tooMany = {
    reason: `a sum over the steps is made of more than ${MOST_SOURCES} values, as many as a kernel takes`,
  };
  /** Makes a value over all steps, what it needs first. */
  const make = (value: number): boolean => {
    for (const barrier of barriersOf(graph, value, readable))
      if (!readable.has(barrier) && !make(barrier)) return false;
    const kernel = overSteps(plan, value, time, vectors, readable);
    if (kernel.kernel.sources.length > MOST_SOURCES && !split(value)) return false;
    const fitting =
      kernel.kernel.sources.length > MOST_SOURCES ? overSteps(plan, value, time, vectors, readable) : kernel;
    if (fitting.kernel.sources.length > MOST_SOURCES) return false;
    deferred.push(fitting);
    readable.add(value);
    return true;
  };
  /** Makes the operands of a value over all steps. */
  const split = (value: number): boolean => {
    for (const input of graph.definitions.get(value)!.equation.inputs) {
      const root = graph.rootOf(input);
      if (graph.isMade(root) && !readable.has(root) && !make(root)) return false;
    }
    return true;
  };
  for (const value of grouping.deferred) if (!readable.has(value) && !make(value)) return tooMany;
  for (const { total, term } of graph.totals) {
    const root = graph.rootOf(term);
    for (const barrier of graph.isMade(root) ? barriersOf(graph, root, readable) : []) {
      if (!readable.has(barrier) && !make(barrier)) return tooMany;
    }
    let kernel = sumOverSteps(plan, total, term, time, vectors, readable);
    if (kernel.kernel.sources.length > MOST_SOURCES) {
      if (!graph.isMade(root) || !split(root)) return tooMany;
      kernel = sumOverSteps(plan, total, term, time, vectors, readable);
      if (kernel.kernel.sources.length > MOST_SOURCES) return tooMany;
    }
    totals.push(kernel);
  }
  return { deferred, totals };
}

function overSteps(
  plan: StepPlan,
  value: number,
  time: number,
  vectors: boolean,
  readable: ReadonlySet<number>,
): AfterKernel {
  const shape = plan.graph.shapeOf(value);
  const { width, rows, row, column } = threadOver(shape.length === 0 ? [time, 1] : [time, ...shape]);
  const [step, within] = shape.length < 2 ? [along(row), along(row)] : divided(along(row), rows / time);
  const { elements, origins } = elementsAfter(plan, step, readable);
  const positions: readonly Position[] =
    shape.length === 0 ? [] : [...(shape.length < 2 ? [] : unflattened(within, shape.slice(0, -1))), along(column)];
  return { value, kernel: written(elements.element(value, positions), 'loop after', width, rows, vectors), origins };
}

function sumOverSteps(
  plan: StepPlan,
  total: number,
  term: number,
  time: number,
  vectors: boolean,
  readable: ReadonlySet<number>,
): AfterKernel {
  const shape = plan.graph.shapeOf(term);
  const { width, rows, row, column } = threadOver(shape);
  const turn = counter('t', time, 1);
  const { elements, origins } = elementsAfter(plan, along(turn), readable);
  const element = elements.element(
    term,
    shape.length === 0 ? [] : [...unflattened(along(row), shape.slice(0, -1)), along(column)],
  );
  const { expressions } = elements;
  const sum =
    time === 1
      ? element
      : element.roots.size > 0 && [...element.roots].some(({ name }) => name === turn.name)
        ? expressions.reduction('sum', turn, element, [])
        : expressions.operation('mul', element, expressions.number(time));
  return { value: total, kernel: written(sum, 'loop total', width, rows, vectors), origins };
}

function written(result: Expression, name: string, width: number, rows: number, vectors: boolean): LoopKernel {
  return kernelText({ name, width, rows, results: [result], vectors });
}

/** Elements of the values of a step at a time. */
function elementsAfter(
  { graph }: StepPlan,
  time: Position,
  readable: ReadonlySet<number>,
): { readonly elements: Elements; readonly origins: ReadonlyMap<string, AfterOrigin> } {
  const { program } = graph;
  const numbers = new Map(program.constants.map(({ value, number }) => [value, Number(number)]));
  const origins = new Map<string, AfterOrigin>();
  const place = (key: string, origin: AfterOrigin, perStep: number): Place => {
    origins.set(key, origin);
    return placeAt({ key, components: 1 }, perStep, 0, time);
  };
  const placeOf = (value: number): Place | undefined => {
    const size = sizeOf(graph.shapeOf(value));
    if (readable.has(value)) return place(`kept ${value}`, { kind: 'kept', value }, size);
    if (graph.isMade(value)) return undefined;
    if (graph.isSeries(value)) return place(`series ${value}`, { kind: 'series', value }, size);
    const number = numbers.get(value);
    if (number !== undefined) return place(`number ${number}`, { kind: 'number', number }, 0);
    return place(`constant ${value}`, { kind: 'constant', value }, 0);
  };
  return { elements: new Elements(program, graph.definitions, placeOf), origins };
}
