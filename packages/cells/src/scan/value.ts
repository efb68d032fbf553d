import type { Buffer, DType, LoopAttrs, LoopOp, Shape, Signature } from '@unroll/backend';

/** What a value of one step depends on. No bit: the same in every step. */
export const INPUT = 1;
export const STATE = 2;
/** The cotangent of y. */
export const DY = 4;
/** The cotangent of the next state. */
export const DNEXT = 8;
/** A sum over all steps. */
export const TOTAL = 16;
/** Another value in each step. */
export const TIMED: number = INPUT | STATE | DY | DNEXT;

/** A value that has a shape and no elements: a leaf, or an output of a node. As a tensor's buffer, it makes the tensor a symbol. */
export class Value implements Buffer {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly depends: number;
  /** What makes it; leaves are given. */
  readonly node: Node | undefined;
  /** Which output of the node it is. */
  readonly index: number;
  /** The value of a scalar that is known. */
  readonly constant: number | undefined;

  constructor(id: number, signature: Signature, depends: number, origin: Origin) {
    this.id = id;
    this.shape = signature.shape;
    this.dtype = signature.dtype;
    this.depends = depends;
    this.node = origin.node;
    this.index = origin.index ?? 0;
    this.constant = origin.constant;
  }
}

interface Origin {
  readonly node?: Node;
  readonly index?: number;
  readonly constant?: number;
}

/** One op. */
export interface Node<Op extends LoopOp = LoopOp> {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attrs: LoopAttrs[Op];
  /** Filled when the node is made. */
  readonly outputs: readonly Value[];
}

/** Whether a value is the output of such an op. */
export function isMadeBy<Op extends LoopOp>(value: Value, op: Op): value is Value & { readonly node: Node<Op> } {
  return value.node?.op === op;
}

/** Whether a value differs from step to step. */
export function isTimed(value: Value): boolean {
  return (value.depends & TIMED) !== 0;
}

/** Whether a value is known to be 0 everywhere: what an absent cotangent stands for. */
export function isZero(value: Value): boolean {
  return value.constant === 0 || (isMadeBy(value, 'broadcast') && value.node.inputs[0]!.constant === 0);
}

/** Whether an op adds up all steps. */
export function isOverTime(op: LoopOp): boolean {
  return op === 'accumulate' || op.endsWith('OverTime');
}
