import { FunctionBuilder } from '../assembler/function-builder.ts';
import { f32x4, i32, store, v128 } from '../assembler/instructions.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import { type Context, gates } from '../kernels/exp.ts';
import { FLOAT32 } from '../kernels/lanes.ts';
import type { Node, RowLoop, Section } from './actions.ts';
import type { Emission } from './emission.ts';
import { combinationOf, combineLanes, firstLanes, operate } from './operations.ts';
import { viewOf } from './placement.ts';
import { inVectors } from './nest-loops.ts';
import { Pointers } from './pointers.ts';
import { type Group, inGroups } from './together.ts';
import { BYTES, type View } from './values.ts';

const LANES = FLOAT32.count;
/** Vectors that are computed side by side, as often as the columns allow it; then fewer. One row is too little work for twice the code. */
const OF_ROWS: readonly number[] = [2, 1];
const OF_ONE_ROW: readonly number[] = [1];
/** Ops that add to what is there: for each step, or for each row. */
const ADDS: ReadonlySet<string> = new Set(['accumulate', 'sumRows']);

/** Writes the code of sections: for each row, one section after the other; in each, pairs of vectors, then what is left. */
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
  /** Its nodes, as they run. */
  #groups: readonly Group[] = [];
  /** Numbers of the present row, in all lanes. */
  readonly #scalars: Map<number, Local<'v128'>> = new Map();
  /** Where the present columns lie, by pointer. */
  readonly #addresses: Map<Local<'i32'>, Local<'i32'>> = new Map();
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
      this.#addresses.clear();
      this.#store(view, 0, value, this.#f.let(v128.zero), count);
    });
  }

  #emitSection(section: Section): void {
    const f = this.#f;
    const { columns, nodes } = section;
    this.#section = section;
    this.#made = new Set(nodes.map(({ output }) => output));
    this.#groups = inGroups(nodes, this.#emission.schedule);
    this.#partial = new Map();
    for (const { op, output } of nodes) {
      const combination = combinationOf(op);
      if (combination) this.#partial.set(output, f.let(combination.start(this.#context.constants)));
    }
    f.set(this.#column, i32.const(0));
    let done = 0;
    for (const vectors of this.#pass.rows > 1 ? OF_ROWS : OF_ONE_ROW) {
      const step = vectors * LANES;
      const rounds = Math.floor((columns - done) / step);
      done += rounds * step;
      const body = (): void => {
        if (this.#emission.inPairs) f.clearing(() => this.#emitVectors(vectors, LANES));
        else this.#emitVectors(vectors, LANES);
        f.increase(this.#column, step * BYTES);
      };
      if (rounds === 1) body();
      else if (rounds > 1) f.repeatWhile(() => i32.lt_u(this.#column, i32.const(done * BYTES)), body);
    }
    if (done < columns) this.#emitVectors(1, columns - done);
    for (const { op, output } of nodes) {
      const partial = this.#partial.get(output);
      if (!partial) continue;
      const result = combineLanes(f, combinationOf(op)!, partial);
      this.#scalars.set(output, result);
      const view = this.#emission.schedule.views.get(output);
      if (view) f.do(store.f32(this.#pointer(view, output), f32x4.extract_lane(result, 0), view.offset));
    }
  }

  /** The results of all nodes for some vectors of columns, in each of which so many count. */
  #emitVectors(vectors: number, count: number): void {
    const f = this.#f;
    this.#addresses.clear();
    const results = new Map<string, Local<'v128'>>();
    const { schedule } = this.#emission;
    const keep = ({ output }: Node, shift: number, result: Local<'v128'>): void => {
      results.set(keyOf(output, shift), result);
      if (this.#section.columns === 1) this.#scalars.set(output, result);
      const view = schedule.views.get(output);
      if (view) this.#store(view, shift, output, result, count);
    };
    const shifts = Array.from({ length: vectors }, (_, i) => i * LANES);
    for (const group of this.#groups) {
      if (group.kind === 'gates') {
        const all = group.gates.flatMap(({ op, node }) => shifts.map((shift) => ({ op, node, shift })));
        const operands = all.map(({ op, node, shift }) => ({ op, x: this.#read(node.inputs[0]!, shift, results) }));
        const made = gates(this.#context, operands);
        for (const [i, { node, shift }] of all.entries()) keep(node, shift, made[i]!);
        continue;
      }
      const { node } = group;
      const partial = this.#partial.get(node.output);
      for (const shift of shifts) {
        if (partial) {
          const vector = this.#read(node.inputs[0]!, shift, results);
          this.#combine(node, partial, vector, count);
          continue;
        }
        const result = f.let(this.#apply(node, shift, results));
        const before = ADDS.has(node.op)
          ? this.#load(viewOf(schedule, node.output), shift * BYTES, node.output)
          : undefined;
        keep(node, shift, before ? f.let(f32x4.add(before, result)) : result);
      }
    }
  }

  /** Brings a vector into what has been brought together so far. */
  #combine({ op }: Node, partial: Local<'v128'>, vector: Local<'v128'>, count: number): void {
    const { start, combine } = combinationOf(op)!;
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
    return v128.load(this.#address(pointer), view.offset + shift);
  }

  #store(view: View, shift: number, value: number, vector: Local<'v128'>, count: number): void {
    const f = this.#f;
    const address = this.#address(this.#pointer(view, value));
    if (count === LANES) {
      f.do(store.v128(address, vector, view.offset + shift * BYTES));
      return;
    }
    for (let lane = 0; lane < count; lane++) {
      f.do(store.f32(address, f32x4.extract_lane(vector, lane), view.offset + (shift + lane) * BYTES));
    }
  }

  /** Where the present columns lie. Found once if V8 is to join neighbours: it knows them by the same address. */
  #address(pointer: Local<'i32'>): I32 {
    const found = i32.add(pointer, this.#column);
    if (!this.#emission.inPairs) return found;
    let address = this.#addresses.get(pointer);
    if (!address) this.#addresses.set(pointer, (address = this.#f.let(found)));
    return address;
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
