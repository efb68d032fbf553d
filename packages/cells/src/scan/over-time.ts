import {
  type LoopAttrs,
  type LoopEquation,
  type LoopOp,
  type Shape,
  type Signature,
  UnrollError,
} from '@unroll/backend';
import { type Machine, apply } from './machine.ts';
import { type Operand, productOverTime } from './products-over-time.ts';

interface Call<V extends Signature, Op extends LoopOp> {
  readonly machine: Machine<V>;
  readonly attrs: LoopAttrs[Op];
  readonly operands: readonly Operand<V>[];
  readonly time: number;
  /** Of the first output, within one step. */
  readonly shape: Shape;
  /** Has a temporary value freed after the op. */
  readonly temporary: (value: V) => V;
}

type Rule<Op extends LoopOp> = <V extends Signature>(call: Call<V, Op>) => readonly V[];

/** Each op over all steps: its own axes move by one. */
const rules: { readonly [Op in LoopOp]: Rule<Op> } = {
  neg: elementwise('neg'),
  exp: elementwise('exp'),
  log: elementwise('log'),
  sqrt: elementwise('sqrt'),
  tanh: elementwise('tanh'),
  sigmoid: elementwise('sigmoid'),
  relu: elementwise('relu'),
  erf: elementwise('erf'),
  sin: elementwise('sin'),
  cos: elementwise('cos'),

  add: elementwise('add'),
  sub: elementwise('sub'),
  mul: elementwise('mul'),
  div: elementwise('div'),
  maximum: elementwise('maximum'),
  less: elementwise('less'),
  equal: elementwise('equal'),

  where: elementwise('where'),
  cast: elementwise('cast'),

  matmul: ({ machine, operands, attrs, time }) => [productOverTime(machine, operands, attrs, time)],

  sum: reduction('sum'),
  max: reduction('max'),
  argmax: alongAxis('argmax'),

  broadcast: (call) =>
    call.machine.run('broadcast', [aligned(call, call.operands[0]!)], { shape: [call.time, ...call.shape] }),
  reshape: ({ machine, operands, time, shape }) =>
    machine.run('reshape', [operands[0]!.value], { shape: [time, ...shape] }),
  transpose: ({ machine, operands, attrs }) =>
    machine.run('transpose', [operands[0]!.value], { order: [0, ...attrs.order.map((axis) => axis + 1)] }),
  reverse: alongAxis('reverse'),

  split: alongAxis('split'),
  concat: ({ machine, operands, attrs, time, temporary }) => {
    const parts = operands.map(({ value, timed }) => (timed ? value : temporary(repeat(machine, value, time))));
    return machine.run('concat', parts, { axis: attrs.axis + 1 });
  },
  slice: alongAxis('slice'),
  pad: alongAxis('pad'),

  // The same table for all steps; other gathers stay in the loop.
  gather: ({ machine, operands }) =>
    machine.run(
      'gather',
      operands.map(({ value }) => value),
      {},
    ),
  scatterAdd: notOverTime('scatterAdd'),

  detach: ({ machine, operands }) => [machine.share(operands[0]!.value)],
  sumOverTime: notOverTime('sumOverTime'),
  matmulOverTime: notOverTime('matmulOverTime'),
  scatterAddOverTime: notOverTime('scatterAddOverTime'),
  accumulate: notOverTime('accumulate'),
};

/** Runs an op of one step on all steps together: at least one operand has a leading time axis, and so do the results. */
export function runOverTime<V extends Signature>(
  machine: Machine<V>,
  { op, attrs }: LoopEquation,
  operands: readonly Operand<V>[],
  time: number,
  shape: Shape,
): readonly V[] {
  const temporaries: V[] = [];
  const temporary = (value: V): V => {
    temporaries.push(value);
    return value;
  };
  const rule = rules[op] as Rule<LoopOp>;
  const outputs = rule({ machine, attrs, operands, time, shape, temporary });
  for (const value of temporaries) machine.free(value);
  return outputs;
}

type Elementwise =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'less'
  | 'equal'
  | 'where'
  | 'cast';

function elementwise<P extends Elementwise>(op: P): Rule<P> {
  return (call) =>
    call.machine.run(
      op,
      call.operands.map((operand) => aligned(call, operand)),
      call.attrs,
    );
}

function reduction<P extends 'sum' | 'max'>(op: P): Rule<P> {
  return ({ machine, operands, attrs }) =>
    machine.run(op, [operands[0]!.value], { axes: attrs.axes.map((axis) => axis + 1) });
}

function alongAxis<P extends 'argmax' | 'reverse' | 'split' | 'slice' | 'pad'>(op: P): Rule<P> {
  return ({ machine, operands, attrs }) => machine.run(op, [operands[0]!.value], { ...attrs, axis: attrs.axis + 1 });
}

function notOverTime<Op extends LoopOp>(op: Op): Rule<Op> {
  return () => {
    throw new UnrollError('INVALID_ARGUMENT', `scan: ${op} does not run over all steps at once.`);
  };
}

/** An operand whose axes line up with those of the result from the right, behind the time axis. */
function aligned<V extends Signature>(
  { machine, shape: result, temporary }: Call<V, LoopOp>,
  { value, timed, shape }: Operand<V>,
): V {
  const missing = result.length - shape.length;
  if (!timed || missing === 0) return value;
  const ones = Array.from({ length: missing }, () => 1);
  return temporary(apply(machine, 'reshape', [value], { shape: [value.shape[0]!, ...ones, ...shape] }));
}

/** The same value for each step. */
export function repeat<V extends Signature>(machine: Machine<V>, value: V, time: number): V {
  return apply(machine, 'broadcast', [value], { shape: [time, ...value.shape] });
}
