import { i32, store, v128 } from '../assembler/instructions.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import { FLOAT32 } from '../kernels/lanes.ts';
import type { Access, Nest } from './actions.ts';
import { emitArgmax, emitGather, emitScatterAdd } from './emit-indexed.ts';
import { emitBatchedProduct } from './emit-batched-product.ts';
import type { Emission } from './emission.ts';
import { type Cursor, type Length, inVectors, storeLane, stridesOf, walk } from './nest-loops.ts';
import { combinationOf, combineLanes, firstLanes, operate } from './operations.ts';
import { viewOf } from './placement.ts';
import { BYTES } from './values.ts';

const LANES = FLOAT32.count;

/** Writes the code of a nest of loops. */
export function emitNest(emission: Emission, nest: Nest): void {
  const { f, rowsOf } = emission;
  const kept = nest.lengths.flatMap((length, axis) => (length === 1 && !KEEPS_AXES.has(nest.kind) ? [] : [axis]));
  const axes = kept.length > 0 || nest.lengths.length === 0 ? kept : [0];
  const lengths = axes.map((axis): Length => {
    const length = nest.lengths[axis]!;
    return axis === 0 && nest.isBatched ? rowsOf(length) : length;
  });
  const cursorOf = (access: Access): Cursor => cursor(emission, access, axes, nest);
  if (nest.kind === 'matmul') return emitBatchedProduct(emission, nest, lengths[0]!);
  if (nest.kind === 'gather') return emitGather(emission, nest, lengths);
  if (nest.kind === 'scatterAdd') return emitScatterAdd(emission, nest, lengths);
  if (nest.kind === 'argmax') {
    return emitArgmax(emission, nest, lengths, cursorOf(nest.output), cursorOf(nest.inputs[0]!));
  }
  const cursors = [nest.output, ...nest.inputs].map(cursorOf);
  walk(f, lengths.slice(0, -1), cursors, () => emitInner(emission, nest, lengths.at(-1) ?? 1, cursors));
}

/** Ops that give each loop a meaning of its own. */
const KEEPS_AXES: ReadonlySet<Nest['kind']> = new Set(['matmul', 'gather', 'scatterAdd', 'argmax']);

/** Points to the first number of a walk. */
function cursor(emission: Emission, access: Access, axes: readonly number[], { lengths }: Nest): Cursor {
  const { f, schedule, baseOf } = emission;
  const { value, start, reversed } = access;
  const strides = stridesOf(emission, value);
  const own = access.axes.map((axis) => (axis === undefined ? 0 : strides[axis]! * (axis === reversed ? -1 : 1)));
  const view = viewOf(schedule, value);
  let offset = view.offset;
  if (start) offset += start.at * strides[start.axis]!;
  if (reversed !== undefined) offset += (lengths[access.axes.indexOf(reversed)]! - 1) * strides[reversed]!;
  return {
    pointer: f.let(i32.add(baseOf(view.storage), i32.const(offset))),
    strides: axes.map((axis) => own[axis] ?? 0),
  };
}

/** The innermost loop: vectors where all numbers lie side by side, or one serves all. */
function emitInner(emission: Emission, nest: Nest, length: Length, cursors: readonly Cursor[]): void {
  const { f, constants } = emission;
  const steps = cursors.map(({ strides }) => strides.at(-1) ?? 0);
  const [out, ...inputs] = cursors.map(({ pointer }) => pointer);
  const [{ op }] = nest.nodes;
  const combination = nest.kind === 'map' ? undefined : combinationOf(op)!;
  const context = { f, lanes: FLOAT32, constants };
  const isSideBySide = steps.every((step, i) => step === BYTES || (step === 0 && i > 0));

  if (nest.kind === 'reduce' && steps[0] === 0) {
    const { start, combine } = combination!;
    const partial = f.let(start(constants));
    const from = inputs[0]!;
    if (steps[1] === BYTES && typeof length === 'number') {
      inVectors(f, length, (column, count) => {
        const vector = v128.load(i32.add(from, column));
        f.set(partial, combine(partial, count === LANES ? vector : firstLanes(vector, start(constants), count)));
      });
      storeFirst(f, out!, f.let(combine(v128.load32_splat(out!), combineLanes(f, combination!, partial))));
    } else {
      const at = f.let(from);
      const left = f.let(typeof length === 'number' ? i32.const(length) : length);
      f.times(left, () => {
        f.set(partial, combine(partial, v128.load32_splat(at)));
        f.increase(at, steps[1]!);
      });
      storeFirst(f, out!, f.let(combine(v128.load32_splat(out!), partial)));
    }
    return;
  }
  const result = (operands: readonly V128[], old: () => V128): V128 => {
    if (nest.kind === 'fill') return combination!.start(constants);
    if (nest.kind === 'reduce') return combination!.combine(old(), operands[0]!);
    return operate(
      op,
      context,
      operands.map((operand) => f.let(operand)),
    );
  };
  if (isSideBySide && typeof length === 'number') {
    inVectors(f, length, (column, count) => {
      const operands = inputs.map((from, i) =>
        steps[i + 1] === 0 ? v128.load32_splat(from) : v128.load(i32.add(from, column)),
      );
      const to = i32.add(out!, column);
      const vector = f.let(result(operands, () => v128.load(to)));
      if (count === LANES) f.do(store.v128(to, vector));
      else for (let lane = 0; lane < count; lane++) storeLane(f, to, vector, lane);
    });
    return;
  }
  const pointers = [out!, ...inputs].map((pointer) => f.let(pointer));
  const left = f.let(typeof length === 'number' ? i32.const(length) : length);
  f.times(left, () => {
    const [to, ...from] = pointers;
    const operands = from.map((pointer) => v128.load32_splat(pointer));
    storeFirst(f, to!, f.let(result(operands, () => v128.load32_splat(to!))));
    for (const [i, pointer] of pointers.entries()) if (steps[i] !== 0) f.increase(pointer, steps[i]!);
  });
}

function storeFirst(f: Emission['f'], to: I32, vector: Local<'v128'>): void {
  storeLane(f, to, vector, 0);
}
