import { FunctionBuilder } from '../assembler/function-builder.ts';
import { f32x4, i32, store, v128 } from '../assembler/instructions.ts';
import type { Local, V128 } from '../assembler/value.ts';
import type { Context } from '../kernels/exp.ts';
import { FLOAT32 } from '../kernels/lanes.ts';
import type { Node, RowLoop, Section } from './actions.ts';
import type { Emission } from './emission.ts';
import { combinationOf, combineLanes, firstLanes, operate } from './operations.ts';
import { viewOf } from './placement.ts';
import { inVectors } from './nest-loops.ts';
import { Pointers } from './pointers.ts';
import { BYTES, type View } from './values.ts';

const LANES = FLOAT32.count;
/** Ops that add to what is there: for each step, or for each row. */
const ADDS: ReadonlySet<string> = new Set(['accumulate', 'sumRows']);

/** Writes the code of sections: for each row, one section after the other; in each, whole vectors, then the columns that are left. */
export function emitRowLoop(emission: Emission, pass: RowLoop): void {
  // Written once for nothing: which pointers there are must be known before the loop.
  const draft = new FunctionBuilder(0);
  const found = new Pointers(() => draft.local('i32'));
  new RowEmitter({ ...emission, f: draft }, pass, found).emit();
  const pointers = new Pointers((storage) => emission.f.let(emission.baseOf(storage)));
  for (const { storage, row } of found.all) pointers.to(storage, row);
  new RowEmitter(emission, pass, pointers).emit();
}

class RowEmitter {
  readonly #emission: Emission;
  readonly #f: FunctionBuilder;
  readonly #context: Context;
  readonly #pass: RowLoop;
  readonly #pointers: Pointers;
  readonly #column: Local<'i32'>;
  /** The section that is being written, and what it makes. */
  #section: Section;
  #made: ReadonlySet<number> = new Set();
  /** Numbers of the present row, in all lanes. */
  readonly #scalars: Map<number, Local<'v128'>> = new Map();
  /** What has been brought together so far, by result. */
  #partial: Map<number, Local<'v128'>> = new Map();

  constructor(emission: Emission, pass: RowLoop, pointers: Pointers) {
    const { f, constants } = emission;
    this.#emission = emission;
    this.#f = f;
    this.#context = { f, lanes: FLOAT32, constants };
    this.#pass = pass;
    this.#pointers = pointers;
    this.#column = f.local('i32');
    this.#section = pass.sections[0]!;
  }

  emit(): void {
    const f = this.#f;
    const { rows, isBatched, sections } = this.#pass;
    for (const { op, output } of this.#pass.nodes) if (op === 'sumRows') this.#clear(output);
    const left = f.let(isBatched ? this.#emission.rowsOf(rows) : i32.const(rows));
    f.times(left, () => {
      for (const section of sections) this.#emitSection(section);
      for (const { row, pointer } of this.#pointers.all) if (row > 0) f.increase(pointer, row);
    });
  }

  /** Sets the one row of a sum over all rows to 0. */
  #clear(value: number): void {
    const { views, matrices } = this.#emission.schedule;
    const view = views.get(value)!;
    inVectors(this.#f, matrices[value]!.columns, (column, count) => {
      this.#f.set(this.#column, column);
      this.#store(view, value, this.#f.let(v128.zero), count);
    });
  }

  #emitSection(section: Section): void {
    const f = this.#f;
    const { columns, nodes } = section;
    this.#section = section;
    this.#made = new Set(nodes.map(({ output }) => output));
    this.#partial = new Map();
    for (const { op, output } of nodes) {
      const combination = combinationOf(op);
      if (combination) this.#partial.set(output, f.let(combination.start(this.#context.constants)));
    }
    const whole = columns - (columns % LANES);
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
    for (const { op, output } of nodes) {
      const partial = this.#partial.get(output);
      if (!partial) continue;
      const result = combineLanes(f, combinationOf(op)!, partial);
      this.#scalars.set(output, result);
      const view = this.#emission.schedule.views.get(output);
      if (view) f.do(store.f32(this.#pointer(view, output), f32x4.extract_lane(result, 0), view.offset));
    }
  }

  /** The results of all nodes for one vector of columns, of which so many count. */
  #emitVectors(count: number): void {
    const f = this.#f;
    const results = new Map<string, Local<'v128'>>();
    for (const node of this.#section.nodes) {
      const partial = this.#partial.get(node.output);
      if (partial) {
        this.#combine(node, partial, count, results);
        continue;
      }
      const view = this.#emission.schedule.views.get(node.output);
      let result = f.let(this.#apply(node, 0, results));
      if (ADDS.has(node.op)) result = f.let(f32x4.add(this.#load(view!, 0, node.output), result));
      results.set(keyOf(node.output, 0), result);
      if (this.#section.columns === 1) this.#scalars.set(node.output, result);
      if (view) this.#store(view, node.output, result, count);
    }
  }

  /** Brings a vector into what has been brought together so far. */
  #combine({ op, inputs }: Node, partial: Local<'v128'>, count: number, results: Map<string, Local<'v128'>>): void {
    const { start, combine } = combinationOf(op)!;
    const vector = this.#read(inputs[0]!, 0, results);
    const counted = count === LANES ? vector : firstLanes(vector, start(this.#context.constants), count);
    this.#f.set(partial, combine(partial, counted));
  }

  #apply({ op, inputs }: Node, shift: number, results: Map<string, Local<'v128'>>): V128 {
    const operands = inputs.map((input) => this.#read(input, shift, results));
    return operate(ADDS.has(op) ? 'copy' : op, this.#context, operands);
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
    const { inlined, parts, views } = this.#emission.schedule;
    const part = parts.get(value);
    const node = inlined.get(part?.of ?? value);
    if (node && part) return this.#read(part.of, shift + part.column, results);
    if (node) return this.#apply(node, shift, results);
    const source = this.#source(value);
    if (source.isAll) {
      const scalar = this.#scalars.get(source.value);
      if (scalar) return scalar;
      if (this.#made.has(source.value) && !views.has(value)) return this.#read(source.value, shift, results);
    }
    return this.#load(viewOf(this.#emission.schedule, value), shift * BYTES, value);
  }

  /** What a value is a part of in the end, and whether it is all of it. */
  #source(value: number): { readonly value: number; readonly isAll: boolean } {
    const { parts, matrices } = this.#emission.schedule;
    let at = value;
    let isAll = true;
    for (let part = parts.get(at); part; part = parts.get(at)) {
      const [own, whole] = [matrices[at]!, matrices[part.of]!];
      isAll &&= !part.isReshaped && own.rows === whole.rows && own.columns === whole.columns;
      at = part.of;
    }
    return { value: at, isAll };
  }

  /** From memory: a vector, or one number in all lanes where the value has one column. */
  #load(view: View, shift: number, value: number): V128 {
    const pointer = this.#pointer(view, value);
    if (this.#emission.schedule.matrices[value]!.columns === 1) return v128.load32_splat(pointer, view.offset);
    // The last vector reads beyond the row: that is slack, or other numbers that do not count.
    return v128.load(i32.add(pointer, this.#column), view.offset + shift);
  }

  #store(view: View, value: number, vector: Local<'v128'>, count: number): void {
    const f = this.#f;
    const address = i32.add(this.#pointer(view, value), this.#column);
    if (count === LANES) {
      f.do(store.v128(address, vector, view.offset));
      return;
    }
    for (let lane = 0; lane < count; lane++) {
      f.do(store.f32(address, f32x4.extract_lane(vector, lane), view.offset + lane * BYTES));
    }
  }

  /** What has one row is the same for all. */
  #pointer(view: View, value: number): Local<'i32'> {
    const isOneRow = this.#emission.schedule.matrices[value]!.rows === 1;
    return this.#pointers.to(view.storage, isOneRow ? 0 : view.row);
  }
}

function keyOf(value: number, shift: number): string {
  return `${value} ${shift}`;
}
