import type { Expression } from './expression.ts';

/** An integer that a kernel knows: where a thread stands, a step, the turn of a loop, or what is computed of these. */
export interface Counter {
  /** Counters of one name are one. */
  readonly name: string;
  /** It runs from 0 to `extent` − 1. */
  readonly extent: number;
  /** The counters that it changes with: itself, or those that it is computed of. */
  readonly roots: readonly Counter[];
  /** What it is computed of; absent for those that are given. */
  readonly division?: { readonly of: Position; readonly by: number; readonly takes: 'quotient' | 'remainder' };
  /** An element that is an index. */
  readonly element?: Expression;
  /** The loop that it counts is so many loops deep; 0 outside of loops. */
  readonly depth: number;
}

/** A counter that is given: of the thread, or of a loop. */
export function counter(name: string, extent: number, depth = 0): Counter {
  const roots: Counter[] = [];
  const made: Counter = { name, extent, roots, depth };
  roots.push(made);
  return made;
}

/** Where an element lies along an axis, or in memory: start + Σ factor · counter. */
export interface Position {
  readonly start: number;
  readonly terms: readonly Term[];
}

interface Term {
  readonly counter: Counter;
  readonly factor: number;
}

export function at(start: number): Position {
  return { start, terms: [] };
}

export function along(of: Counter): Position {
  return of.extent === 1 ? at(0) : { start: 0, terms: [{ counter: of, factor: 1 }] };
}

export function plus(a: Position, b: Position): Position {
  const factors = new Map<string, Term>();
  for (const term of [...a.terms, ...b.terms]) {
    const factor = (factors.get(term.counter.name)?.factor ?? 0) + term.factor;
    factors.set(term.counter.name, { counter: term.counter, factor });
  }
  const terms = [...factors.values()].filter(({ factor }) => factor !== 0);
  terms.sort((x, y) => y.factor - x.factor || (x.counter.name < y.counter.name ? -1 : 1));
  return { start: a.start + b.start, terms };
}

export function times({ start, terms }: Position, by: number): Position {
  if (by === 0) return at(0);
  return { start: start * by, terms: terms.map(({ counter: of, factor }) => ({ counter: of, factor: factor * by })) };
}

export function shifted(position: Position, by: number): Position {
  return by === 0 ? position : { ...position, start: position.start + by };
}

/** The smallest and the largest value, of counters that know nothing of each other. */
export function rangeOf({ start, terms }: Position): readonly [least: number, most: number] {
  let [least, most] = [start, start];
  for (const { counter: of, factor } of terms) {
    if (factor > 0) most += factor * (of.extent - 1);
    else least += factor * (of.extent - 1);
  }
  return [least, most];
}

/** A position ≥ 0 by a number: the whole part and the rest, as positions again. */
export function divided(position: Position, by: number): readonly [quotient: Position, remainder: Position] {
  if (by === 1) return [position, at(0)];
  // Each way to take multiples of the divisor out is as good, as long as what is left is never negative.
  const whole = position.terms.filter(({ factor }) => factor % by === 0);
  const broken = position.terms.filter(({ factor }) => factor % by !== 0);
  const start = Math.floor(position.start / by);
  const ways = [
    { known: { start, terms: whole }, rest: { start: position.start - start * by, terms: broken } },
    { known: { start: 0, terms: whole }, rest: { start: position.start, terms: broken } },
    { known: at(0), rest: position },
  ];
  const way = ways.find(({ rest: each }) => rangeOf(each)[0] >= 0) ?? ways[2]!;
  const { rest } = way;
  const known = { ...way.known, terms: way.known.terms.map((term) => ({ ...term, factor: term.factor / by })) };
  const [least, most] = rangeOf(rest);
  if (least >= 0 && most < by) return [known, rest];
  const part = (takes: 'quotient' | 'remainder'): Position =>
    along({
      name: `${takes}(${textOf(rest)},${by})`,
      extent: takes === 'remainder' ? by : Math.floor(most / by) + 1,
      roots: rootsOf(rest),
      division: { of: rest, by, takes },
      depth: Math.max(0, ...rest.terms.map(({ counter: of }) => of.depth)),
    });
  return [plus(known, part('quotient')), part('remainder')];
}

/** The counters that are given and that a position changes with. */
export function rootsOf({ terms }: Position): readonly Counter[] {
  return [...new Set(terms.flatMap(({ counter: of }) => [...of.roots]))];
}

/** As text of the names of its counters, by default: a key. */
export function textOf({ start, terms }: Position, nameOf: (of: Counter) => string = ({ name }) => name): string {
  let text = '';
  for (const { counter: of, factor } of terms) {
    const size = Math.abs(factor);
    const sign = factor < 0 ? '-' : text === '' ? '' : '+';
    text += `${sign}${size === 1 ? '' : `${size}*`}${nameOf(of)}`;
  }
  if (text === '') return String(start);
  return start === 0 ? text : `${text}${start < 0 ? '-' : '+'}${Math.abs(start)}`;
}

/** Positions along all axes of a place in memory, and the reverse. */
export function flattened(positions: readonly Position[], shape: readonly number[]): Position {
  let flat = at(0);
  for (const [axis, position] of positions.entries()) flat = plus(times(flat, shape[axis]!), position);
  return flat;
}

export function unflattened(flat: Position, shape: readonly number[]): readonly Position[] {
  const positions: Position[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const [quotient, remainder] = divided(rest, shape[axis]!);
    positions.unshift(remainder);
    rest = quotient;
  }
  return shape.length === 0 ? [] : [shape[0] === 1 ? at(0) : rest, ...positions];
}
