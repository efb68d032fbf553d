import {
  type DType,
  type LoopAttrs,
  type LoopOp,
  type Primitive,
  type Shape,
  type Signature,
  sameShape,
  sizeOf,
} from '@unroll/backend';
import { type Value, isMadeBy, isTimed, isZero } from './value.ts';

/** What the rules need of a graph. */
interface Builder {
  /** The dependency that keeps a value in the loop. */
  readonly loopBits: number;
  /** Whether what depends on no step is made once for many runs. */
  readonly onceIsFree: boolean;
  apply<P extends Exclude<Primitive, 'split'>>(op: P, inputs: readonly Value[], attrs: LoopAttrs[P]): Value;
  zeros(signature: Signature): Value;
  constant(constant: number, dtype: DType): Value;
}

/** An op that is about to be made. */
interface Draft<Op extends LoopOp = LoopOp> {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attrs: LoopAttrs[Op];
}

/**
 * What an op is replaced by so that more of it can leave the loop, or nothing if it stays as it is. Each rule gives the same
 * numbers, up to the order of sums.
 */
export function rewrite(graph: Builder, draft: Draft, signatures: readonly Signature[]): readonly Value[] | undefined {
  const result = signatures[0]!;
  if (is(draft, 'add')) return one(addition(graph, draft.inputs, result));
  if (is(draft, 'sub')) {
    const [x, y] = draft.inputs;
    return one(isZero(y!) && sameShape(x!.shape, result.shape) ? x : undefined);
  }
  if (is(draft, 'div')) return one(division(graph, draft.inputs, result));
  if (is(draft, 'matmul')) return one(splitProduct(graph, draft) ?? productOfTable(graph, draft));
  if (draft.inputs.every(isZero) && KEEP_ZERO.has(draft.op)) {
    // Zeros have one form, which is not rewritten.
    if (is(draft, 'broadcast') && draft.inputs[0]!.constant === 0) return undefined;
    return signatures.map((signature) => graph.zeros(signature));
  }
  const [x] = draft.inputs;
  if ((is(draft, 'reshape') || is(draft, 'broadcast')) && sameShape(x!.shape, draft.attrs.shape)) return [x!];
  // One sum is negated instead of all its terms.
  if (is(draft, 'sum') && isMadeBy(x!, 'neg')) {
    return [graph.apply('neg', [graph.apply('sum', x.node.inputs, draft.attrs)], {})];
  }
  if (is(draft, 'reshape') && isMadeBy(x!, 'reshape')) return [graph.apply('reshape', x.node.inputs, draft.attrs)];
  if (is(draft, 'slice') && draft.attrs.size === x!.shape[draft.attrs.axis]) return [x!];
  if (is(draft, 'concat') && draft.inputs.length === 1) return draft.inputs;
  if (is(draft, 'split')) return partsOf(x!, draft.attrs);
  return undefined;
}

const KEEP_ZERO: ReadonlySet<LoopOp> = new Set<LoopOp>([
  'neg',
  'sum',
  'broadcast',
  'reshape',
  'transpose',
  'reverse',
  'split',
  'concat',
  'slice',
  'pad',
  'detach',
]);

/** Drops zeros, subtracts what is negated, and gathers the terms that do not depend on what is carried, so that they are added outside of the loop. */
function addition(graph: Builder, inputs: readonly Value[], result: Signature): Value | undefined {
  const [x, y] = inputs as [Value, Value];
  if (isZero(y) && sameShape(x.shape, result.shape)) return x;
  if (isZero(x) && sameShape(y.shape, result.shape)) return y;
  if (isMadeBy(y, 'neg')) return graph.apply('sub', [x, y.node.inputs[0]!], {});
  if (isMadeBy(x, 'neg')) return graph.apply('sub', [y, x.node.inputs[0]!], {});
  const carried = (value: Value): boolean => (value.depends & graph.loopBits) !== 0;
  if (!carried(x) && !carried(y)) return biasedTable(graph, inputs)?.[0];
  const apart = (term: Value): readonly Value[] => (isMadeBy(term, 'add') ? term.node.inputs : [term]);
  let terms = [x, y].flatMap((term) => (carried(term) ? apart(term) : [term]));
  const biased = terms.flatMap((term) => (isTimed(term) && !carried(term) ? apart(term) : [term]));
  if (biased.filter((term) => !isTimed(term)).length > 1) terms = biased;
  const inTable = biasedTable(graph, terms);
  if (inTable) return inTable.reduce((sum, term) => graph.apply('add', [sum, term], {}));
  const early = terms.filter((term) => !carried(term));
  if (early.length < 2 || !early.some((term) => sameShape(term.shape, result.shape))) return undefined;
  const add = (a: Value, b: Value): Value => graph.apply('add', [a, b], {});
  // The widest first, so that no sum is smaller than the result.
  early.sort((a, b) => Number(sameShape(b.shape, result.shape)) - Number(sameShape(a.shape, result.shape)));
  // What is the same in all steps is added up once: two biases are one.
  const [timed, untimed] = [early.filter(isTimed), early.filter((term) => !isTimed(term))];
  const sums = [timed, untimed].flatMap((some) => (some.length > 0 ? [some.reduce(add)] : []));
  return [sums.reduce(add), ...terms.filter(carried)].reduce(add);
}

/** Results per divisor from which on dividing 1 by it pays. */
const MANY = 4;

/** x / s = x ∘ (1 / s), if one s serves many x: fewer divisions, and fewer still in the derivative. */
function division(graph: Builder, [x, s]: readonly Value[], result: Signature): Value | undefined {
  if (s!.constant !== undefined || sizeOf(s!.shape) * MANY > sizeOf(result.shape)) return undefined;
  const reciprocal = graph.apply('div', [graph.constant(1, s!.dtype), s!], {});
  return graph.apply('mul', [x!, reciprocal], {});
}

/** concat([x, h]) W = x Wₓ + h Wₕ, if only some of the parts are carried: then x Wₓ leaves the loop. */
function splitProduct(graph: Builder, { inputs, attrs }: Draft<'matmul'>): Value | undefined {
  const [a, w] = inputs as [Value, Value];
  const rank = a.shape.length;
  const axis = attrs.transposeA ? rank - 2 : rank - 1;
  if (!isMadeBy(a, 'concat') || a.node.attrs.axis !== axis || (w.depends & graph.loopBits) !== 0) return undefined;
  const carried = (part: Value): boolean => (part.depends & graph.loopBits) !== 0;
  const parts = a.node.inputs;
  if (parts.every(carried) || !parts.some(carried)) return undefined;
  const wAxis = attrs.transposeB ? rank - 1 : rank - 2;
  let start = 0;
  const products: Value[] = [];
  for (const group of groupsBy(parts, carried)) {
    const size = group.reduce((sum, part) => sum + part.shape[axis]!, 0);
    const rows = graph.apply('slice', [w], { axis: wAxis, start, size });
    const x = graph.apply('concat', group, { axis });
    if (!isZero(x)) products.push(graph.apply('matmul', [x, rows], attrs));
    start += size;
  }
  return products.reduce((sum, product) => graph.apply('add', [sum, product], {}));
}

/** Elements of a table that is made instead of a product per step: 16 MiB of float32. */
const LARGEST_TABLE = 2 ** 22;

/** A row of a table times W is that row of the table times W: an embedding and the product that reads it become one look-up. */
function productOfTable(graph: Builder, { inputs, attrs }: Draft<'matmul'>): Value | undefined {
  const [a, w] = inputs as [Value, Value];
  if (!graph.onceIsFree || attrs.transposeA || !isMadeBy(a, 'gather') || a.shape.length !== 2) return undefined;
  const [table, indices] = a.node.inputs as [Value, Value];
  if (table.depends !== 0 || w.depends !== 0) return undefined;
  if (table.shape[0]! * w.shape[attrs.transposeB ? 0 : 1]! > LARGEST_TABLE) return undefined;
  return graph.apply('gather', [graph.apply('matmul', [table, w], attrs), indices], {});
}

/** Terms of a sum with those that are the same in all steps added to a table, if one is looked up: a bias costs nothing then. */
function biasedTable(graph: Builder, terms: readonly Value[]): readonly Value[] | undefined {
  const row = terms.find((term) => isMadeBy(term, 'gather') && term.node.inputs[0]!.depends === 0);
  if (!graph.onceIsFree || !row || !isMadeBy(row, 'gather') || row.shape.length !== 2) return undefined;
  const [table, indices] = row.node.inputs as [Value, Value];
  const isBias = ({ depends, shape }: Value): boolean => depends === 0 && sameShape(shape, table.shape.slice(1));
  const biases = terms.filter(isBias);
  if (biases.length === 0) return undefined;
  const biased = biases.reduce((sum, bias) => graph.apply('add', [sum, bias], {}), table);
  const rest = terms.filter((term) => term !== row && !isBias(term));
  return [graph.apply('gather', [biased, indices], {}), ...rest];
}

/** Neighbours of the same kind. */
function groupsBy(values: readonly Value[], kind: (value: Value) => boolean): readonly (readonly Value[])[] {
  const groups: Value[][] = [];
  for (const value of values) {
    const last = groups.at(-1);
    if (last && kind(last[0]!) === kind(value)) last.push(value);
    else groups.push([value]);
  }
  return groups;
}

/** What a split takes apart again, if the value was put together from just these parts. */
function partsOf(x: Value, { axis, sizes }: LoopAttrs['split']): readonly Value[] | undefined {
  if (sizes.length === 1) return [x];
  if (!isMadeBy(x, 'concat') || x.node.attrs.axis !== axis) return undefined;
  const parts = x.node.inputs;
  const lengths: Shape = parts.map((part) => part.shape[axis]!);
  return sameShape(lengths, sizes) ? parts : undefined;
}

function is<Op extends LoopOp>(draft: Draft, op: Op): draft is Draft<Op> {
  return draft.op === op;
}

function one(value: Value | undefined): readonly Value[] | undefined {
  return value && [value];
}
