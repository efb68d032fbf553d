import { FunctionBuilder } from '../assembler/function-builder.ts';
import { f32x4, i32, store, v128 } from '../assembler/instructions.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import { erf } from '../kernels/erf.ts';
import { type Context, exp, sigmoid, tanh } from '../kernels/exp.ts';
import { FLOAT32 } from '../kernels/lanes.ts';
import { log } from '../kernels/log.ts';
import type { Constants } from '../kernels/static-area.ts';
import type { Node, Pass, Schedule } from './schedule.ts';
import { BYTES, type Storage, type View } from './values.ts';

const LANES = FLOAT32.count;

type Operation = (context: Context, operands: readonly Local<'v128'>[]) => V128;

const unary =
  (op: (context: Context, x: V128) => V128): Operation =>
  (context, [x]) =>
    op(context, x!);
const binary =
  (op: (x: V128, y: V128) => V128): Operation =>
  (_context, [x, y]) =>
    op(x!, y!);
const oneWhere =
  (test: (x: V128, y: V128) => V128): Operation =>
  ({ constants }, [x, y]) =>
    v128.and(test(x!, y!), constants.float32(1));

/** The same arithmetic as in the kernels of the primitives. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  copy: (_context, [x]) => x!,
  neg: binary((x) => f32x4.neg(x)),
  sqrt: binary((x) => f32x4.sqrt(x)),
  relu: binary((x) => f32x4.pmax(x, v128.zero)),
  exp: unary(exp),
  log: unary(log),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  add: binary(f32x4.add),
  sub: binary(f32x4.sub),
  mul: binary(f32x4.mul),
  div: binary(f32x4.div),
  maximum: binary(f32x4.max),
  less: oneWhere(f32x4.lt),
  equal: oneWhere(f32x4.eq),
  where: (_context, [condition, x, y]) => v128.bitselect(y!, x!, f32x4.eq(condition!, v128.zero)),
};

/** Uses every constant that an operation has, in one order: all modules then agree on where they lie. */
export function useConstants(f: FunctionBuilder, constants: Constants): void {
  const x = f.local('v128');
  for (const operation of Object.values(OPERATIONS)) operation({ f, lanes: FLOAT32, constants }, [x, x, x]);
}

/** Locals that point to the present row of each storage, one for each distance of rows. */
class Pointers {
  readonly all: { readonly storage: Storage; readonly row: number; readonly pointer: Local<'i32'> }[] = [];
  readonly #make: (storage: Storage) => Local<'i32'>;

  constructor(make: (storage: Storage) => Local<'i32'>) {
    this.#make = make;
  }

  to(storage: Storage, row: number): Local<'i32'> {
    const known = this.all.find((each) => each.storage === storage && each.row === row);
    if (known) return known.pointer;
    const pointer = this.#make(storage);
    this.all.push({ storage, row, pointer });
    return pointer;
  }
}

/**
 * Writes the code of one pass: for each row, whole vectors, then the columns that are left. `baseOf` is where a storage begins;
 * `rows` are all rows of the pass, or those of a part of the batch.
 */
export function emitPass(
  f: FunctionBuilder,
  constants: Constants,
  schedule: Schedule,
  pass: Pass,
  baseOf: (storage: Storage) => I32,
  rows: I32 = i32.const(pass.rows),
): void {
  // Written once for nothing: which pointers there are must be known before the loop.
  const draft = new FunctionBuilder(0);
  const found = new Pointers(() => draft.local('i32'));
  new PassEmitter(draft, constants, schedule, pass, found).emit(rows);
  const pointers = new Pointers((storage) => f.let(baseOf(storage)));
  for (const { storage, row } of found.all) pointers.to(storage, row);
  new PassEmitter(f, constants, schedule, pass, pointers).emit(rows);
}

class PassEmitter {
  readonly #f: FunctionBuilder;
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #pass: Pass;
  readonly #column: Local<'i32'>;
  readonly #pointers: Pointers;
  readonly #made: ReadonlySet<number>;

  constructor(f: FunctionBuilder, constants: Constants, schedule: Schedule, pass: Pass, pointers: Pointers) {
    this.#f = f;
    this.#context = { f, lanes: FLOAT32, constants };
    this.#schedule = schedule;
    this.#pass = pass;
    this.#column = f.local('i32');
    this.#pointers = pointers;
    this.#made = new Set(pass.nodes.map(({ output }) => output));
  }

  emit(rows: I32): void {
    const f = this.#f;
    const { columns } = this.#pass;
    const left = f.let(rows);
    const whole = columns - (columns % LANES);
    f.times(left, () => {
      f.set(this.#column, i32.const(0));
      if (whole > 0) {
        f.repeatWhile(
          () => i32.lt_u(this.#column, i32.const(whole * BYTES)),
          () => {
            this.#emitVectors(LANES);
            f.increase(this.#column, LANES * BYTES);
          },
        );
      }
      if (whole < columns) this.#emitVectors(columns - whole);
      for (const { row, pointer } of this.#pointers.all) if (row > 0) f.increase(pointer, row);
    });
  }

  /** The results of all nodes for one vector of columns, of which so many count. */
  #emitVectors(count: number): void {
    const f = this.#f;
    const results = new Map<string, Local<'v128'>>();
    for (const node of this.#pass.nodes) {
      const view = this.#schedule.views.get(node.output);
      let result = f.let(this.#apply(node, 0, results));
      if (node.op === 'accumulate') result = f.let(f32x4.add(this.#load(view!, 0), result));
      results.set(keyOf(node.output, 0), result);
      if (view) this.#store(view, result, count);
    }
  }

  #apply({ op, inputs }: Node, shift: number, results: Map<string, Local<'v128'>>): V128 {
    const operands = inputs.map((input) => this.#read(input, shift, results));
    return OPERATIONS[op === 'accumulate' ? 'copy' : op]!(this.#context, operands);
  }

  /** A vector of a value, `shift` columns to the right. */
  #read(value: number, shift: number, results: Map<string, Local<'v128'>>): Local<'v128'> {
    const known = results.get(keyOf(value, shift));
    if (known) return known;
    const vector = this.#f.let(this.#readNew(value, shift, results));
    results.set(keyOf(value, shift), vector);
    return vector;
  }

  #readNew(value: number, shift: number, results: Map<string, Local<'v128'>>): V128 {
    const { inlined, parts } = this.#schedule;
    const part = parts.get(value);
    const node = inlined.get(part?.of ?? value);
    if (node && part) return this.#read(part.of, shift + part.column, results);
    if (node) return this.#apply(node, shift, results);
    const source = this.#source(value);
    if (this.#made.has(source.value) && source.isAll && !this.#schedule.views.has(value)) {
      return this.#read(source.value, shift, results);
    }
    return this.#load(viewOf(this.#schedule, value), shift * BYTES, value);
  }

  /** What a value is a part of in the end, and whether it is all of it. */
  #source(value: number): { readonly value: number; readonly isAll: boolean } {
    const { parts, matrices } = this.#schedule;
    let at = value;
    let isAll = true;
    for (let part = parts.get(at); part; part = parts.get(at)) {
      const [own, whole] = [matrices[at]!, matrices[part.of]!];
      isAll &&= own.rows === whole.rows && own.columns === whole.columns;
      at = part.of;
    }
    return { value: at, isAll };
  }

  /** From memory: a vector, or one number in all lanes where the value has one column. */
  #load(view: View, shift: number, value?: number): V128 {
    const { columns } = value === undefined ? this.#pass : this.#schedule.matrices[value]!;
    const pointer = this.#pointer(view, value);
    if (columns === 1) return v128.load32_splat(pointer, view.offset);
    // The last vector reads beyond the row: that is slack, or other numbers that do not count.
    return v128.load(i32.add(pointer, this.#column), view.offset + shift);
  }

  #store(view: View, vector: Local<'v128'>, count: number): void {
    const f = this.#f;
    const address = i32.add(this.#pointer(view), this.#column);
    if (count === LANES) {
      f.do(store.v128(address, vector, view.offset));
      return;
    }
    for (let lane = 0; lane < count; lane++) {
      f.do(store.f32(address, f32x4.extract_lane(vector, lane), view.offset + lane * BYTES));
    }
  }

  /** What has one row is the same for all. */
  #rowOf(view: View, value?: number): number {
    return value !== undefined && this.#schedule.matrices[value]!.rows === 1 ? 0 : view.row;
  }

  #pointer(view: View, value?: number): Local<'i32'> {
    return this.#pointers.to(view.storage, this.#rowOf(view, value));
  }
}

/** The place of a value in memory. */
export function viewOf(schedule: Schedule, value: number): View {
  const own = schedule.views.get(value);
  if (own) return own;
  const part = schedule.parts.get(value)!;
  const whole = viewOf(schedule, part.of);
  return { ...whole, offset: whole.offset + part.column * BYTES + part.row * whole.row };
}

function keyOf(value: number, shift: number): string {
  return `${value} ${shift}`;
}
