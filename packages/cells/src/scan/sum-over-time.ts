import { type LoopOp, isFloat } from '@unroll/backend';
import type { Graph } from './graph.ts';
import { type Node, type Value, isMadeBy, isTimed, isZero } from './value.ts';

export interface SumOverTimeOptions {
  /** Whether the sum may be taken when all steps are known. */
  readonly defer: boolean;
  /** Whether sums within the step are added up in the loop, so that what they sum need not be kept. */
  readonly fuse: boolean;
}

/**
 * Σₜ of a value. Linear ops change places with the sum, until it reaches a product, which then is one product over all steps
 * (Σₜ aₜᵀbₜ), or a sum within the step, which becomes one sum. What can't be pushed so far is added up as the loop runs.
 */
export function sumOverTime(graph: Graph, value: Value, { defer, fuse }: SumOverTimeOptions): Value {
  const sums = new Map<Value, Value>();
  const known = new Map<Value, boolean>();
  const accumulate = (v: Value): Value => graph.make('accumulate', [v], {}, [v])[0]!;
  const total = (v: Value): Value => {
    let sum = sums.get(v);
    if (!sum) sums.set(v, (sum = collapses(v, known) ? push(v, v.node!) : accumulate(v)));
    return sum;
  };

  /** The sum of a value that collapses. */
  const push = (v: Value, node: Node): Value => {
    if (isZero(v)) return v;
    const { inputs } = node;
    if (isMadeBy(v, 'sum') && fuse) return accumulate(v);
    if (isMadeBy(v, 'sum')) return graph.make('sumOverTime', inputs, v.node.attrs, [v])[0]!;
    if (isMadeBy(v, 'scatterAdd') && isTimed(inputs[1]!)) {
      return graph.make('scatterAddOverTime', inputs, v.node.attrs, [v])[0]!;
    }
    if (isMadeBy(v, 'matmul') && inputs.every(isTimed)) {
      return graph.make('matmulOverTime', inputs, v.node.attrs, [v])[0]!;
    }
    const summed = inputs.map((input) => (isTimed(input) ? total(input) : input));
    return graph.make(node.op, summed, node.attrs, node.outputs)[v.index]!;
  };
  if (isZero(value)) return value;
  return defer ? total(value) : accumulate(value);
}

type Inputs = readonly Value[];
/** Whether a sum over time passes a value that an op made of these inputs, given which of them it can be pushed into. */
type Rule = (inputs: Inputs, collapses: (input: Value) => boolean, value: Value) => boolean;

const always: Rule = () => true;
const never: Rule = () => false;
/** Linear in the only input, or the first. */
const linear: Rule = ([x], collapses) => collapses(x!);
/** Σ (x ± y) = Σ x ± Σ y: worth it if one of the sums gets further. */
const termwise: Rule = (inputs, collapses) =>
  inputs.every((term) => isTimed(term) || isZero(term)) && inputs.some(collapses);
/** Linear in the first input where the second is the same in all steps. */
const linearInFirst: Rule = ([x, y], collapses) => !isTimed(y!) && collapses(x!);

const rules: { readonly [Op in LoopOp]: Rule } = {
  neg: linear,
  exp: never,
  log: never,
  sqrt: never,
  tanh: never,
  sigmoid: never,
  relu: never,
  erf: never,
  sin: never,
  cos: never,

  add: termwise,
  sub: termwise,
  mul: ([x, y], collapses) => (isTimed(x!) ? !isTimed(y!) && collapses(x!) : collapses(y!)),
  div: linearInFirst,
  maximum: never,
  less: never,
  equal: never,

  where: ([condition, x, y], collapses) => !isTimed(condition!) && collapses(x!) && collapses(y!),
  cast: ([x], collapses, value) => isFloat(value.dtype) && isFloat(x!.dtype) && collapses(x!),

  matmul: ([x, y], collapses) => (isTimed(x!) ? isTimed(y!) || collapses(x!) : collapses(y!)),

  sum: always,
  max: never,
  argmax: never,

  broadcast: linear,
  reshape: linear,
  transpose: linear,
  reverse: linear,

  split: linear,
  concat: (inputs, collapses) => inputs.every(collapses),
  slice: linear,
  pad: linear,

  gather: linearInFirst,
  scatterAdd: ([x, y], collapses) => isTimed(x!) && (isTimed(y!) || collapses(x!)),

  detach: never,
  sumOverTime: never,
  matmulOverTime: never,
  scatterAddOverTime: never,
  accumulate: never,
};

/** Whether the sum over time of a value can be pushed down to products and sums within the step. */
function collapses(value: Value, known: Map<Value, boolean>): boolean {
  if (isZero(value)) return true;
  const { node } = value;
  if (!node || !isTimed(value)) return false;
  let result = known.get(value);
  if (result === undefined) {
    result = rules[node.op](node.inputs, (input) => collapses(input, known), value);
    known.set(value, result);
  }
  return result;
}
