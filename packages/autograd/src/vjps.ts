import { type Primitive, type PrimitiveAttrs, isFloat } from '@unroll/backend';
import { type Tensor, concat, matmul, scatterAdd, where, zerosLike } from '@unroll/tensor';
import { sumTo } from './sum-to.ts';

/** An op that ran, as its derivative sees it. */
export interface VjpContext<P extends Primitive> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: PrimitiveAttrs[P];
  /** Which inputs want a cotangent; rows may leave out the others. */
  readonly needs: readonly boolean[];
}

/**
 * Vector-Jacobian product: from the cotangents of the outputs (∂L/∂output; absent where L does not depend on it) to those of the
 * inputs (absent where there is no derivative).
 */
export type PrimitiveVjp<P extends Primitive> = (
  dys: readonly (Tensor | undefined)[],
  context: VjpContext<P>,
) => readonly (Tensor | undefined)[];

/** What the rows with one output see: its cotangent, its value, the first two inputs. */
interface Operands<P extends Primitive> extends VjpContext<P> {
  readonly out: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
}

function single<P extends Primitive>(
  rule: (dy: Tensor, op: Operands<P>) => readonly (Tensor | undefined)[],
): PrimitiveVjp<P> {
  return ([dy], context) => {
    if (!dy) return [];
    const [x, y] = context.inputs;
    return rule(dy, { ...context, out: context.outputs[0]!, x: x!, y: y ?? x! });
  };
}

/** The same for ops that broadcast: each cotangent is computed only where needed, and summed back to its operand's shape. */
function broadcasting<P extends Primitive>(
  ...rules: readonly ((dy: Tensor, op: Operands<P>) => Tensor)[]
): PrimitiveVjp<P> {
  return single((dy, op) =>
    rules.map((rule, i) => (op.needs[i] ? sumTo(rule(dy, op), op.inputs[i]!.shape) : undefined)),
  );
}

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** The derivative of every primitive, in terms of the ops themselves, so that derivatives have derivatives. */
export const vjps: { readonly [P in Primitive]: PrimitiveVjp<P> } = {
  neg: single((dy) => [dy.neg()]),
  exp: single((dy, { out }) => [dy.mul(out)]),
  log: single((dy, { x }) => [dy.div(x)]),
  sqrt: single((dy, { out }) => [dy.div(out.mul(2))]),
  // 1 − tanh²
  tanh: single((dy, { out }) => [dy.sub(dy.mul(out.square()))]),
  // σ(1 − σ)
  sigmoid: single((dy, { out }) => [dy.mul(out.sub(out.square()))]),
  // By its result, which is positive where x is: cells keep it anyway.
  relu: single((dy, { out }) => [where(out.greater(0), dy, 0)]),
  sin: single((dy, { x }) => [dy.mul(x.cos())]),
  cos: single((dy, { x }) => [dy.mul(x.sin()).neg()]),
  erf: single((dy, { x }) => [dy.mul(x.square().neg().exp().mul(TWO_OVER_SQRT_PI))]),

  add: broadcasting(
    (dy) => dy,
    (dy) => dy,
  ),
  sub: broadcasting(
    (dy) => dy,
    (dy) => dy.neg(),
  ),
  mul: broadcasting(
    (dy, { y }) => dy.mul(y),
    (dy, { x }) => dy.mul(x),
  ),
  // x/y by y: −(x/y)/y, where dy/y is what x gets: traced loops divide once.
  div: broadcasting(
    (dy, { y }) => dy.div(y),
    (dy, { y, out }) => dy.div(y).mul(out).neg(),
  ),
  // Equal operands share the cotangent.
  maximum: broadcasting(
    (dy, { x, y }) => dy.mul(share(x, y)),
    (dy, { x, y }) => dy.mul(share(y, x)),
  ),
  less: () => [],
  equal: () => [],

  // `where` and not a product, so that what is not chosen gets 0 even if its cotangent is not finite.
  where: single((dy, { inputs: [condition, x, y], needs }) => [
    undefined,
    needs[1] ? sumTo(where(condition!, dy, 0), x!.shape) : undefined,
    needs[2] ? sumTo(where(condition!, 0, dy), y!.shape) : undefined,
  ]),
  cast: single((dy, { x, attrs }) => [isFloat(attrs.dtype) && isFloat(x.dtype) ? dy.cast(x.dtype) : undefined]),

  // With C = AB: dA = dC Bᵀ and dB = Aᵀ dC; a transposed operand transposes its row.
  matmul: single((dy, { x, y, needs, attrs: { transposeA: ta, transposeB: tb } }) => {
    const dx = (): Tensor =>
      ta ? matmul(y, dy, { transposeA: tb, transposeB: true }) : matmul(dy, y, { transposeB: !tb });
    const dw = (): Tensor =>
      tb ? matmul(dy, x, { transposeA: true, transposeB: ta }) : matmul(x, dy, { transposeA: !ta });
    return [needs[0] ? dx() : undefined, needs[1] ? dw() : undefined];
  }),

  sum: single((dy, { x }) => [dy.broadcastTo(x.shape)]),
  // Elements that reach the maximum share the cotangent.
  max: single((dy, { x, out, attrs: { axes } }) => {
    const hits = x.equal(out);
    return [hits.mul(dy.div(hits.sum(axes, { keepDims: true })))];
  }),
  argmax: () => [],

  broadcast: single((dy, { x }) => [sumTo(dy, x.shape)]),
  reshape: single((dy, { x }) => [dy.reshape(x.shape)]),
  transpose: single((dy, { attrs: { order } }) => [dy.transpose(order.map((_, axis) => order.indexOf(axis)))]),
  reverse: single((dy, { attrs: { axis } }) => [dy.reverse(axis)]),

  split: (dys, { outputs, attrs: { axis } }) => [
    concat(
      dys.map((dy, i) => dy ?? zerosLike(outputs[i]!)),
      axis,
    ),
  ],
  concat: single((dy, { inputs, attrs: { axis } }) =>
    dy.split(
      axis,
      inputs.map((input) => input.shape[axis]!),
    ),
  ),
  slice: single((dy, { x, attrs: { axis, start, size } }) => [dy.pad(axis, start, x.shape[axis]! - start - size)]),
  pad: single((dy, { x, attrs: { axis, before } }) => [dy.slice(axis, before, x.shape[axis]!)]),

  gather: single((dy, { x, y }) => [scatterAdd(dy, y, x.shape[0]!), undefined]),
  scatterAdd: single((dy, { y }) => [dy.gather(y), undefined]),
};

/** 1 where x is the larger, ½ where equal, 0 elsewhere. */
function share(x: Tensor, y: Tensor): Tensor {
  return x.greater(y).add(x.equal(y).mul(0.5));
}
