import { type Shape, sameShape, sizeOf } from '@unroll/backend';
import { Elements, type Place } from './elements.ts';
import { type Expression, type Source, changesWith, partsOf } from './expression.ts';
import { STEP, threadOver } from './kernel-text.ts';
import { type Position, along, counter, times, unflattened } from './position.ts';
import type { Facts, StepGraph } from './step-graph.ts';

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

/** Elements that threads may read again, above which a sum of them, as a mean is, is stored: it takes a kernel of its own. */
const MOST_REPEATED = 2 ** 16;

type Reduction = Extract<Expression, { kind: 'reduction' }>;

/** What kernels with too many arguments bring about. */
export interface GroupingLimits {
  /** Stored before what is made of them, whatever that costs. */
  readonly forced: ReadonlySet<number>;
  /** The most members of a group, by its first. */
  readonly limits: ReadonlyMap<number, number>;
  /** Values that are a group of their own. */
  readonly alone: ReadonlySet<number>;
}

/** Decides which values of a step are stored. */
export function groupingOf(graph: StepGraph, limits: GroupingLimits): Grouping {
  return new Draft(graph, limits).grouping();
}

/** Values to be stored before a value is made in one kernel of its own. */
export function barriersOf(graph: StepGraph, value: number, stored: ReadonlySet<number>): readonly number[] {
  return new Draft(graph, { forced: new Set(), limits: new Map(), alone: new Set() }).barriersOf(value, stored);
}

class Draft {
  readonly #graph: StepGraph;
  readonly #forced: ReadonlySet<number>;
  readonly #limits: ReadonlyMap<number, number>;
  readonly #alone: ReadonlySet<number>;

  constructor(graph: StepGraph, { forced, limits, alone }: GroupingLimits) {
    this.#alone = alone;
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
        for (const value of this.barriersOf(target, targets)) {
          barriers.add(value);
          if (!targets.has(value)) [changed] = [true, targets.add(value)];
        }
      }
      for (const value of keptPieces) {
        if (targets.has(value)) continue;
        for (const each of this.#comparedIn(value, targets)) {
          barriers.add(each);
          if (!targets.has(each)) [changed] = [true, targets.add(each)];
        }
      }
      if (changed) continue;
      for (const value of keptPieces) {
        if (targets.has(value) || !this.#isHeavy(value, targets)) continue;
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
        if (members.length >= this.#most(members[0]!) || !isAfterLast) break;
        if (!sameShape(graph.shapeOf(value), group.shape)) continue;
        const known = new Set([...before[i]!, ...group.members]);
        if (this.barriersOf(value, before[i]!).length > 0 || this.#isHeavy(value, known)) continue;
        members.push(value);
      }
      optional = optional.filter((value) => !members.includes(value));
      return { ...group, members };
    });
    const isStored = new Set(filled.flatMap(({ members }) => members));
    const deferred = graph.kept.filter(
      (value) =>
        graph.isMade(value) && !graph.piecesOf(value).every((piece) => isStored.has(piece) || graph.isCarried(piece)),
    );
    return { groups: filled, deferred };
  }

  /** Whether a value is made of products, computed for it or in groups of their own, which are not to be kept for it. */
  #isHeavy(value: number, stored: ReadonlySet<number>): boolean {
    const facts = this.#factsOf(value, stored);
    return facts.isHeavy || facts.reads.some((read) => this.#alone.has(read));
  }

  /** The most members of a group, by its first. */
  #most(first: number): number {
    return this.#alone.has(first) ? 1 : (this.#limits.get(first) ?? MOST_MEMBERS);
  }

  #groups(targets: readonly number[], barriers: ReadonlySet<number>, copies: ReadonlySet<number>): Group[] {
    const graph = this.#graph;
    const groups: Group[] = [];
    const stored = new Set<number>();
    let pending = [...copies, ...targets];
    while (pending.length > 0) {
      const isReady = (value: number): boolean => this.barriersOf(value, stored).length === 0;
      const ready = pending.filter(isReady);
      const isBlocked = ready.length < pending.length;
      const rank = (value: number): number => {
        if (!graph.isMade(value)) return 3;
        if (this.#factsOf(value, stored).isHeavy) return 0;
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
      const isAlike = (value: number): boolean =>
        sameShape(graph.shapeOf(value), shape) && (value === first || !this.#alone.has(value));
      const most = this.#most(first);
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
  barriersOf(value: number, stored: ReadonlySet<number>): readonly number[] {
    const { dear } = this.#factsOf(value, stored);
    const found = new Set(dear.filter((piece) => !stored.has(piece) && piece !== value));
    for (const each of this.#comparedIn(value, stored)) if (each !== value) found.add(each);
    if (this.#forced.size > 0)
      for (const each of this.#madeOf(value, stored)) if (this.#forced.has(each)) found.add(each);
    return [...found];
  }

  /**
   * Computed values that are asked whether they equal others. Stored, they are rounded as those were: what a kernel computes on the
   * way may have more digits.
   */
  #comparedIn(value: number, stored: ReadonlySet<number>): readonly number[] {
    const { definitions } = this.#graph;
    return [value, ...this.#madeOf(value, stored)].flatMap((each) => {
      const equation = definitions.get(each)?.equation;
      if (equation?.op !== 'equal') return [];
      const sources = equation.inputs.flatMap((input) => [...this.#graph.movedFrom(input)]);
      return sources.filter((source) => !stored.has(source) && this.#graph.isFloat(source));
    });
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
  #factsOf(value: number, stored: ReadonlySet<number>): Facts {
    const graph = this.#graph;
    const made = this.#madeOf(value, stored);
    const reads = [value, ...made].flatMap((each) => [...(graph.definitions.get(each)?.equation.inputs ?? [])]);
    const key = `${value}: ${[...new Set(reads)].filter((each) => stored.has(each)).join()}`;
    let facts = graph.facts.get(key);
    if (!facts) {
      const placeOf = (each: number): Place | undefined => {
        if (graph.isMade(each) && (each === value || !stored.has(each))) return undefined;
        return placeAt({ key: `${each}`, components: 1 }, graph.isSeries(each) ? sizeOf(graph.shapeOf(each)) : 0);
      };
      const elements = new Elements(graph.program, graph.definitions, placeOf);
      const expression = elementOf(elements, value, graph.shapeOf(value));
      facts = {
        reads: loadsOf(expression),
        isHeavy: isHeavy(expression),
        dear: dearIn(expression, graph, sizeOf(graph.shapeOf(value))),
      };
      graph.facts.set(key, facts);
    }
    return facts;
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

/** The values of all that is read. */
function loadsOf(expression: Expression): readonly number[] {
  const keys = new Set<number>();
  const seen = new Set<Expression>();
  const visit = (each: Expression): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.kind === 'load') keys.add(Number(each.source.key));
    for (const part of partsOf(each)) visit(part);
  };
  visit(expression);
  return [...keys];
}

/** What costs too much: to be computed in each turn of a reduction, where its operands come from; by each thread, what few have. */
function dearIn(expression: Expression, graph: StepGraph, threads: number): readonly number[] {
  const found = new Set<number>();
  const store = (value: number): void => {
    for (const source of graph.movedFrom(value)) for (const piece of graph.piecesOf(source)) found.add(piece);
  };
  const seen = new Set<Expression>();
  const visit = (each: Expression): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.kind === 'reduction') {
      const most = isProduct(each) ? MOST_OPERATIONS.ofProduct : MOST_OPERATIONS.ofReduction;
      for (const { value, element } of each.operands) if (costWithin(element, each) > most) store(value);
      if (each.makes !== undefined && repeatedReads(each, threads) > MOST_REPEATED) store(each.makes);
    }
    for (const part of partsOf(each)) visit(part);
  };
  visit(expression);
  return [...found];
}

/** Elements that threads read to compute what others compute as well. */
function repeatedReads({ over, of, roots }: Reduction, threads: number): number {
  let own = 1;
  for (const { extent, depth } of roots) if (depth === 0 && Number.isFinite(extent)) own *= extent;
  let each = over.extent;
  for (let inner = of; inner.kind === 'reduction'; inner = inner.of) each *= inner.over.extent;
  return (threads - own) * each;
}

function isProduct(expression: Expression): boolean {
  return expression.kind === 'reduction' && expression.operands.length === 2;
}

const DEAR: ReadonlySet<string> = new Set(['exp', 'log', 'tanh', 'sigmoid', 'erf', 'sin', 'cos']);

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
