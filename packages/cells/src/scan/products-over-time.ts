import { type PrimitiveAttrs, type Shape, type Signature, isFloat } from '@unroll/backend';
import { type Machine, apply, applyTo } from './machine.ts';

type MatmulAttrs = PrimitiveAttrs['matmul'];

/** An input of an op that runs over all steps at once. */
export interface Operand<V> {
  /** [time, …shape] if `timed`, else […shape]. */
  readonly value: V;
  readonly timed: boolean;
  /** Within one step. */
  readonly shape: Shape;
}

/**
 * The products of all steps: [time, …]. If one operand is the same in all steps, they are one product, with the rows (or columns) of
 * all steps; else a batch.
 */
export function productOverTime<V extends Signature>(
  machine: Machine<V>,
  operands: readonly Operand<V>[],
  attrs: MatmulAttrs,
  time: number,
): V {
  const [a, b] = operands as [Operand<V>, Operand<V>];
  const rank = a.shape.length;
  if (rank === 2 && a.timed && !b.timed && !attrs.transposeA && isFloat(a.value.dtype)) {
    const product = machine.runFused?.('productOverTime', [a.value, b.value], { transposeB: attrs.transposeB });
    if (product) return product;
  }
  if (!a.timed || !b.timed) {
    // The axis of the timed operand that is also one of the result: its rows, or its columns.
    const [rows, columns] = [rank - 2, rank - 1];
    const free = a.timed ? (attrs.transposeA ? columns : rows) : attrs.transposeB ? rows : columns;
    const merged = mergeTime(machine, a.timed ? a.value : b.value, free);
    const product = apply(machine, 'matmul', a.timed ? [merged, b.value] : [a.value, merged], attrs);
    machine.free(merged);
    return separateTime(machine, product, a.timed ? rows : columns, time);
  }
  if (rank === 2) return apply(machine, 'matmul', [a.value, b.value], attrs);
  const x = mergeTime(machine, a.value, 0);
  const y = mergeTime(machine, b.value, 0);
  const product = apply(machine, 'matmul', [x, y], attrs);
  machine.free(x);
  machine.free(y);
  return separateTime(machine, product, 0, time);
}

/** Σₜ aₜ bₜ of two timed operands: one product, whose inner axis runs over all steps. */
export function sumOfProducts<V extends Signature>(machine: Machine<V>, a: V, b: V, attrs: MatmulAttrs): V {
  const rank = a.shape.length - 1;
  if (rank === 2 && attrs.transposeA && !attrs.transposeB && isFloat(a.dtype)) {
    const sum = machine.runFused?.('sumOfProducts', [a, b], {});
    if (sum) return sum;
  }
  const x = mergeTime(machine, a, attrs.transposeA ? rank - 2 : rank - 1);
  const y = mergeTime(machine, b, attrs.transposeB ? rank - 1 : rank - 2);
  const product = apply(machine, 'matmul', [x, y], attrs);
  machine.free(x);
  machine.free(y);
  return product;
}

/** [time, …shape] → shape, with one axis `time` times as long. Nothing moves if that is the first. */
function mergeTime<V extends Signature>(machine: Machine<V>, value: V, axis: number): V {
  const [time, ...shape] = value.shape as [number, ...number[]];
  const merged = shape.map((length, i) => (i === axis ? time * length : length));
  if (axis === 0) return apply(machine, 'reshape', [value], { shape: merged });
  const before = shape.slice(0, axis).map((_, i) => i + 1);
  const after = shape.slice(axis).map((_, i) => axis + i + 1);
  const moved = apply(machine, 'transpose', [value], { order: [...before, 0, ...after] });
  return applyTo(machine, 'reshape', moved, { shape: merged });
}

/** The reverse. Takes the value over. */
function separateTime<V extends Signature>(machine: Machine<V>, value: V, axis: number, time: number): V {
  const { shape } = value;
  const apart = [...shape.slice(0, axis), time, shape[axis]! / time, ...shape.slice(axis + 1)];
  const separated = applyTo(machine, 'reshape', value, { shape: apart });
  if (axis === 0) return separated;
  const order = [axis, ...apart.map((_, i) => i).filter((i) => i !== axis)];
  return applyTo(machine, 'transpose', separated, { order });
}
