import { type LoopEquation, type Shape, UnrollError } from '@unroll/backend';
import type { Access, Nest } from './actions.ts';
import { combinationOf } from './operations.ts';
import { isPointwise } from './values.ts';

type DraftNest = Omit<Nest, 'number' | 'isBatched'>;

/**
 * The nests of loops that compute one output of an equation. `inputs` stand for the equation's, `operation` is its op on
 * elements of their dtype.
 */
export function nestsOf(
  equation: LoopEquation,
  index: number,
  inputs: readonly number[],
  operation: string,
  shapes: readonly Shape[],
): readonly DraftNest[] {
  const { op, attrs } = equation;
  const output = equation.outputs[index]!;
  const shape = shapes[output]!;
  const x = inputs[0]!;
  const from = shapes[x]!;
  const nest = (
    kind: Nest['kind'],
    lengths: Shape,
    to: Access,
    of: readonly Access[],
    name: string = operation,
  ): DraftNest => ({ kind, lengths, output: to, inputs: of, nodes: [{ op: name, inputs, output }] });
  const copy = (to: Partial<Access>, of: Partial<Access>, value: number, lengths: Shape): DraftNest =>
    nest('map', lengths, { ...all(output, lengths), ...to }, [{ ...all(value, lengths), ...of }], 'copy');
  const fill = (name: string): DraftNest => nest('fill', shape, all(output, shape), [], name);

  if (isPointwise(op)) {
    const accesses = inputs.map((input) => stretched(input, shapes[input]!, shape));
    return [nest('map', shape, all(output, shape), accesses)];
  }
  if ((op === 'sum' || op === 'max') && combinationOf(operation)) {
    const kept = from.map((_, axis) => (attrs.axes.includes(axis) ? undefined : axis));
    return [fill(operation), nest('reduce', from, { value: output, axes: kept }, [all(x, from)])];
  }
  if (op === 'argmax') {
    // The axis that is searched comes last.
    const outer = from.map((_, axis) => axis).filter((axis) => axis !== attrs.axis);
    const lengths = [...outer, attrs.axis].map((axis) => from[axis]!);
    const to: Access = { value: output, axes: [...outer, undefined] };
    return [nest('argmax', lengths, to, [{ value: x, axes: [...outer, attrs.axis] }])];
  }
  if (op === 'transpose') return [copy({}, { axes: attrs.order }, x, shape)];
  if (op === 'reverse') return [copy({}, { reversed: attrs.axis }, x, shape)];
  if (op === 'slice') return [copy({}, { start: { axis: attrs.axis, at: attrs.start } }, x, shape)];
  if (op === 'split') {
    const at = attrs.sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
    return [copy({}, { start: { axis: attrs.axis, at } }, x, shape)];
  }
  if (op === 'pad') return [fill('sum'), copy({ start: { axis: attrs.axis, at: attrs.before } }, {}, x, from)];
  if (op === 'concat') {
    let at = 0;
    return inputs.map((input) => {
      const begin = at;
      at += shapes[input]![attrs.axis]!;
      return copy({ start: { axis: attrs.axis, at: begin } }, {}, input, shapes[input]!);
    });
  }
  if (op === 'gather') {
    const rows = shapes[inputs[1]!]!;
    return [nest('gather', rows, { value: output, axes: axesOf(rows) }, [all(x, []), all(inputs[1]!, rows)])];
  }
  if (op === 'scatterAdd') {
    const rows = shapes[inputs[1]!]!;
    const updates: Access = { value: x, axes: axesOf(rows) };
    return [fill('sum'), nest('scatterAdd', rows, all(output, []), [updates, all(inputs[1]!, rows)])];
  }
  if (op === 'matmul') {
    const batch = shape.slice(0, 1);
    const [c, a, b] = [output, x, inputs[1]!].map((value) => all(value, batch)) as [Access, Access, Access];
    return [{ ...nest('matmul', batch, c, [a, b]), transposed: [attrs.transposeA, attrs.transposeB] }];
  }
  throw new UnrollError('INVALID_ARGUMENT', `wasm: ${op} can't stand in a compiled step.`);
}

function axesOf(shape: Shape): readonly number[] {
  return shape.map((_, axis) => axis);
}

/** Loops over the axes of a value itself. */
function all(value: number, shape: Shape): Access {
  return { value, axes: axesOf(shape) };
}

/** Loops over the axes of a result, on which an operand may have length 1, or which it may lack. */
function stretched(value: number, own: Shape, shape: Shape): Access {
  const missing = shape.length - own.length;
  const axes = shape.map((length, i) => (i < missing || own[i - missing] !== length ? undefined : i - missing));
  return { value, axes };
}
