import { type Shape, sameShape, sizeOf } from '@unroll/backend';
import { Elements, type Place } from './elements.ts';
import { type Expression, type Source, changesWith, partsOf } from './expression.ts';
import { STEP, threadOver } from './kernel-text.ts';
import { type Position, along, counter, times, unflattened } from './position.ts';
import type { StepGraph } from './step-graph.ts';

/** Values of one shape that one kernel makes, at most four. */
export interface Group {
  readonly shape: Shape;
  readonly members: readonly number[];
}

/** Which values a step stores, together and in order; and those that are made of the stored ones when all steps have run. */
export interface Grouping {
  readonly groups: readonly Group[];
  /** Values kept for later that are cheap to make of what is stored. */
  readonly deferred: readonly number[];
}

/** The most numbers that one thread can give. */
const MOST_MEMBERS = 4;

/** Operations on each element of an operand, above which it is stored first: of a product, and of a sum or maximum. */
const MOST_OPERATIONS = { ofProduct: 3, ofReduction: 12 };

/** What kernels with too many arguments bring about. */
export interface GroupingLimits {
  /** Stored before what is made of them, whatever that costs. */
  readonly forced: ReadonlySet<number>;
  /** The most members of a group, by its first. */
  readonly limits: ReadonlyMap<number, number>;
}

/** Decides which values of a step are stored. */
export function groupingOf(graph: StepGraph, limits: GroupingLimits): Grouping {
  return new Draft(graph, limits).grouping();
}

class Draft {
  readonly #graph: StepGraph;
  readonly #forced: ReadonlySet<number>;
  readonly #limits: ReadonlyMap<number, number>;

  constructor(graph: StepGraph, { forced, limits }: GroupingLimits) {
    this.#graph = graph;
    this.#forced = forced;
    this.#limits = limits;
  }

  grouping(): Grouping {
    const graph = this.#graph;
    const forced = this.#forced;
    const order = graph.order;
    const byOrder = (a: number, b: number): number => (order.get(a) ?? -1) - (order.get(b) ?? -1);
    const barriers = new Set(forced);
    const targets = new Set<number>(forced);
    const copies = new Set<number>();
    for (const { next } of graph.program.carried) {
      const root = graph.rootOf(next);
      if (graph.isMade(root)) targets.add(root);
      else if (graph.isSeries(root)) copies.add(root);
    }
    const keptPieces = [...new Set(graph.kept.flatMap((value) => (graph.isMade(value) ? graph.piecesOf(value) : [])))]
      .filter((value) => graph.isMade(value))
      .toSorted(byOrder);
    // What is stored decides what is cheap, and the reverse, until nothing changes.
    for (let changed = true; changed;) {
      changed = false;
      for (const target of targets) {
        for (const value of this.#barriersOf(target, targets)) {
          barriers.add(value);
          if (!targets.has(value)) [changed] = [true, targets.add(value)];
        }
      }
      if (changed) continue;
      for (const value of keptPieces) {
        if (targets.has(value) || !isHeavy(this.#expressionOf(value, targets))) continue;
        [changed] = [true, targets.add(value)];
        break;
      }
    }
    const groups = this.#groups([...targets].toSorted(byOrder), barriers, copies);
    let optional = keptPieces.filter((value) => !targets.has(value));
    // Room that is left in the last groups, which know most, is free.
    const stored = new Set<number>();
    const before = groups.map(({ members }) => {
      const known = new Set(stored);
      for (const member of members) stored.add(member);
      return known;
    });
    const filled = groups.map((group, i) => {
      const members = [...group.members];
      const isAfterLast = i === groups.length - 1 || members.length === 3;
      for (const value of optional) {
        if (members.length >= (this.#limits.get(members[0]!) ?? MOST_MEMBERS) || !isAfterLast) break;
        if (!sameShape(graph.shapeOf(value), group.shape)) continue;
        const known = new Set([...before[i]!, ...group.members]);
        if (this.#barriersOf(value, before[i]!).length > 0 || isHeavy(this.#expressionOf(value, known))) continue;
        members.push(value);
      }
      optional = optional.filter((value) => !members.includes(value));
      return { ...group, members };
    });
    const isStored = new Set(filled.flatMap(({ members }) => members));
    const deferred = graph.kept.filter(
      (value) =>
        graph.isMade(value) && !graph.piecesOf(value).every((piece) => isStored.has(piece) || !graph.isMade(piece)),
    );
    return { groups: filled, deferred };
  }

  #groups(targets: readonly number[], barriers: ReadonlySet<number>, copies: ReadonlySet<number>): Group[] {
    const graph = this.#graph;
    const groups: Group[] = [];
    const stored = new Set<number>();
    let pending = [...copies, ...targets];
    while (pending.length > 0) {
      const isReady = (value: number): boolean => this.#barriersOf(value, stored).length === 0;
      const ready = pending.filter(isReady);
      const isBlocked = ready.length < pending.length;
      const rank = (value: number): number => {
        if (!graph.isMade(value)) return 3;
        if (isHeavy(this.#expressionOf(value, stored))) return 0;
        return barriers.has(value) ? 1 : 2;
      };
      const ranked = ready.map((value) => ({ value, rank: rank(value) }));
      // While something waits for others, what nothing waits for is better made later, in one kernel with more.
      const urgent = isBlocked ? ranked.filter((each) => each.rank < 2) : ranked;
      const candidates = (urgent.length > 0 ? urgent : ranked).toSorted((a, b) =>
        isBlocked ? a.rank - b.rank : Number(!graph.isMade(a.value)) - Number(!graph.isMade(b.value)),
      );
      const first = candidates[0]?.value ?? pending[0]!;
      const shape = graph.shapeOf(first);
      const isAlike = (value: number): boolean => sameShape(graph.shapeOf(value), shape);
      const most = this.#limits.get(first) ?? MOST_MEMBERS;
      const members = candidates
        .map(({ value }) => value)
        .filter(isAlike)
        .slice(0, most);
      if (members.length === 0) members.push(first);
      if (members.length === 3 && most > 3)
        members.push(...ready.filter((value) => isAlike(value) && !members.includes(value)).slice(0, 1));
      groups.push({ shape, members });
      for (const member of members) stored.add(member);
      pending = pending.filter((value) => !stored.has(value));
    }
    return groups;
  }

  /** Values that have to be stored before a value: those forced, and those read in a loop that cost too much to be made again there. */
  #barriersOf(value: number, stored: ReadonlySet<number>): readonly number[] {
    const found = new Set<number>();
    const seen = new Set<Expression>();
    const visit = (expression: Expression): void => {
      if (seen.has(expression)) return;
      seen.add(expression);
      if (expression.kind === 'reduction') {
        const most = isProduct(expression) ? MOST_OPERATIONS.ofProduct : MOST_OPERATIONS.ofReduction;
        for (const operand of expression.operands) {
          if (costWithin(operand.element, expression) <= most) continue;
          for (const source of this.#graph.movedFrom(operand.value)) {
            for (const piece of this.#graph.piecesOf(source))
              if (!stored.has(piece) && piece !== value) found.add(piece);
          }
        }
      }
      for (const part of partsOf(expression)) visit(part);
    };
    visit(this.#expressionOf(value, stored));
    if (this.#forced.size > 0)
      for (const each of this.#madeOf(value, stored)) if (this.#forced.has(each)) found.add(each);
    return [...found];
  }

  /** What a value is made of, up to what is stored. */
  #madeOf(value: number, stored: ReadonlySet<number>): ReadonlySet<number> {
    const made = new Set<number>();
    const visit = (each: number): void => {
      for (const input of this.#graph.definitions.get(each)?.equation.inputs ?? []) {
        if (made.has(input) || stored.has(input)) continue;
        made.add(input);
        visit(input);
      }
    };
    visit(value);
    return made;
  }

  /** What any element of a value is computed of, if some values are stored. */
  #expressionOf(value: number, stored: ReadonlySet<number>): Expression {
    const graph = this.#graph;
    const placeOf = (each: number): Place | undefined => {
      if (each === value && graph.isMade(each)) return undefined;
      const isLeaf = !graph.isMade(each);
      if (!isLeaf && !stored.has(each)) return undefined;
      return placeAt({ key: `${each}`, components: 1 }, graph.isSeries(each) ? sizeOf(graph.shapeOf(each)) : 0);
    };
    return elementOf(new Elements(graph.program, graph.definitions, placeOf), value, graph.shapeOf(value));
  }
}

/** Of what a thread computes for a value of a shape. */
export function elementOf(elements: Elements, value: number, shape: Shape): Expression {
  const { row, column } = threadOver(shape);
  if (shape.length === 0) return elements.element(value, []);
  return elements.element(value, [...unflattened(along(row), shape.slice(0, -1)), along(column)]);
}

/** The step that a kernel is told. */
const NOW: Position = along(counter(STEP, Infinity));

/** In a source that has so many elements for each step, or for all of them together. */
export function placeAt(source: Source, perStep: number, component = 0, time: Position = NOW): Place {
  return { source, component, start: times(time, perStep) };
}

/** Whether a product has to be computed for an element. */
function isHeavy(expression: Expression): boolean {
  const seen = new Set<Expression>();
  const visit = (each: Expression): boolean => {
    if (seen.has(each)) return false;
    seen.add(each);
    return isProduct(each) || partsOf(each).some(visit);
  };
  return visit(expression);
}

function isProduct(expression: Expression): boolean {
  return expression.kind === 'reduction' && expression.operands.length === 2;
}

const DEAR: ReadonlySet<string> = new Set(['exp', 'log', 'tanh', 'sigmoid', 'erf']);

/** What an operand of a reduction costs in each turn: operations that change with it. */
function costWithin(operand: Expression, { over }: Expression & { readonly kind: 'reduction' }): number {
  const seen = new Set<Expression>();
  const costOf = (each: Expression): number => {
    if (seen.has(each) || !changesWith(each, over)) return 0;
    seen.add(each);
    const own = each.kind === 'reduction' ? Infinity : each.kind === 'operation' ? (DEAR.has(each.op) ? 5 : 1) : 1;
    return partsOf(each).reduce((sum, part) => sum + costOf(part), own);
  };
  return costOf(operand);
}
