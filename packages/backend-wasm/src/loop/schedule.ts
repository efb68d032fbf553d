import type { LoopEquation, LoopProgram } from '@unroll/backend';
import { BYTES, type Matrix, type Part, type Storage, type View, isPointwise, matrixOf, partsOf } from './values.ts';

/** An op on elements. `copy` is the value itself; accumulate adds to what is there. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** Nodes whose results have one shape: one pass over its rows computes all of them. */
export interface Pass extends Matrix {
  readonly nodes: Node[];
}

export interface Product {
  readonly a: number;
  readonly b: number;
  readonly output: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** What a step does: products, and passes between them. */
export type Action = { readonly product: Product } | { readonly passes: Pass[] };

/** The loop of a program, laid out. */
export interface Schedule {
  readonly actions: readonly Action[];
  /** Where a value lies, if it lies anywhere: what only one pass uses stays in registers. */
  readonly views: ReadonlyMap<number, View>;
  /** Values that are made again wherever parts of them are read: the node of each. */
  readonly inlined: ReadonlyMap<number, Node>;
  /** Values that are parts of others. */
  readonly parts: ReadonlyMap<number, Part>;
  readonly matrices: readonly Matrix[];
  /** Values that are kept for all steps, and what the step makes of each: itself, or a copy of what it finds. */
  readonly kept: readonly { readonly value: number; readonly made: number }[];
  /** What is handed on, in the order of `LoopProgram.carried`. */
  readonly next: readonly number[];
}

const CHEAP: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'neg']);

/** Sorts the equations of the loop into products and passes, and finds a place for what has to be in memory. */
export function scheduleOf(program: LoopProgram): Schedule {
  return new Scheduler(program).schedule();
}

class Scheduler {
  readonly #program: LoopProgram;
  /** Of the program's values, then of those made here. */
  readonly #matrices: Matrix[];
  readonly #actions: Action[] = [];
  readonly #parts = new Map<number, Part>();
  readonly #views = new Map<number, View>();
  readonly #inlined = new Map<number, Node>();
  /** The product or pass that makes a value, by its number. */
  readonly #madeIn = new Map<number, number>();
  readonly #numbers = new Map<Pass, number>();
  #count = 0;
  readonly #kept: readonly { readonly value: number; readonly made: number }[];
  readonly #next: readonly number[];
  readonly #handedOn: ReadonlySet<number>;
  /** The values that a value is put together of, and where each begins. */
  readonly #strips = new Map<number, { readonly value: number; readonly offset: number }[]>();
  readonly #readers = new Map<number, LoopEquation[]>();

  constructor(program: LoopProgram) {
    this.#program = program;
    this.#matrices = program.values.map(({ shape }) => matrixOf(shape));
    const { phases, carried, outputs } = program;
    const made = new Set(phases.loop.flatMap((each) => (each.op === 'accumulate' ? [] : [...each.outputs])));
    const found = new Set(carried.map(({ value }) => value));
    // What a step hands on as it found it moves to a place of its own: that of the step before is soon written again.
    this.#next = carried.map(({ next }) => (found.has(next) ? this.#newValue(this.#matrices[next]!) : next));
    this.#handedOn = new Set(this.#next);
    const readLater = [...phases.after, ...phases.totals].flatMap(({ inputs }) => [...inputs]);
    this.#kept = [...new Set([...readLater, ...outputs.series])].flatMap((value) => {
      if (made.has(value)) return [{ value, made: value }];
      return found.has(value) ? [{ value, made: this.#newValue(this.#matrices[value]!) }] : [];
    });
    for (const equation of phases.loop) {
      for (const input of new Set(equation.inputs)) {
        this.#readers.set(input, [...(this.#readers.get(input) ?? []), equation]);
      }
    }
  }

  schedule(): Schedule {
    const { loop } = this.#program.phases;
    this.#placeLeaves();
    for (const equation of loop) this.#findParts(equation);
    for (const equation of loop) this.#findInlined(equation);
    for (const { value, made } of this.#kept) {
      if (made !== value) this.#addNode({ op: 'copy', inputs: [value], output: made });
    }
    for (const [i, { next }] of this.#program.carried.entries()) {
      const made = this.#next[i]!;
      if (made !== next) this.#addNode({ op: 'copy', inputs: [next], output: made });
    }
    for (const equation of loop) this.#add(equation);
    this.#placeMade();
    return {
      actions: this.#actions,
      views: this.#views,
      inlined: this.#inlined,
      parts: this.#parts,
      matrices: this.#matrices,
      kept: this.#kept,
      next: this.#next,
    };
  }

  #newValue(matrix: Matrix): number {
    return this.#matrices.push(matrix) - 1;
  }

  #bytesOf(value: number): number {
    const { rows, columns } = this.#matrices[value]!;
    return rows * columns * BYTES;
  }

  #viewIn(storage: Storage, value: number): View {
    return { storage, offset: 0, row: this.#matrices[value]!.columns * BYTES };
  }

  /** What the loop finds. */
  #placeLeaves(): void {
    const { values, inputs, carried, phases } = this.#program;
    const series = new Set([...inputs.series, ...phases.before.flatMap(({ outputs }) => [...outputs])]);
    const made = new Set(phases.loop.flatMap(({ outputs }) => [...outputs]));
    for (const value of values.keys()) {
      if (made.has(value)) continue;
      const bytes = this.#bytesOf(value);
      const storage: Storage = series.has(value) ? { kind: 'series', value, bytes } : { kind: 'constant', value };
      this.#views.set(value, this.#viewIn(storage, value));
    }
    for (const [index, { value }] of carried.entries()) {
      this.#views.set(value, this.#viewIn({ kind: 'carried', index }, value));
    }
  }

  #outlives(value: number): boolean {
    return this.#handedOn.has(value) || this.#kept.some(({ made }) => made === value);
  }

  #findParts(equation: LoopEquation): void {
    const parts = partsOf(equation, this.#program);
    parts?.forEach((part, i) => {
      const output = equation.outputs[i]!;
      // What outlives the step gets a place of its own.
      if (!this.#outlives(output)) this.#parts.set(output, part);
    });
  }

  /** Cheap values of which only parts are read, by ops on elements. */
  #findInlined({ op, inputs, outputs }: LoopEquation): void {
    const output = outputs[0]!;
    if (!CHEAP.has(op) || this.#outlives(output)) return;
    // A reader that repeats the one column of a part wants it in memory.
    const isReadInColumns = (part: number): boolean =>
      this.#readersOf(part).every(
        (reader) =>
          isPointwise(reader.op) && this.#matrices[reader.outputs[0]!]!.columns === this.#matrices[part]!.columns,
      );
    const isSplit = ({ op: reader, outputs: parts }: LoopEquation): boolean =>
      (reader === 'split' || reader === 'slice') &&
      parts.every((part) => this.#parts.get(part)?.row === 0 && isReadInColumns(part));
    if (this.#readersOf(output).every(isSplit)) this.#inlined.set(output, { op, inputs, output });
  }

  #readersOf(value: number): readonly LoopEquation[] {
    return this.#readers.get(value) ?? [];
  }

  #add(equation: LoopEquation): void {
    const { op, inputs, outputs } = equation;
    const output = outputs[0]!;
    if (equation.op === 'matmul') {
      const { transposeA, transposeB } = equation.attrs;
      this.#actions.push({ product: { a: inputs[0]!, b: inputs[1]!, output, transposeA, transposeB } });
      this.#madeIn.set(output, this.#count++);
    } else if (isPointwise(op)) {
      if (!this.#inlined.has(output)) this.#addNode({ op: op === 'broadcast' ? 'copy' : op, inputs, output });
    } else if (equation.op === 'concat') {
      this.#addConcat(inputs, output, equation.attrs.axis);
    } else {
      const parts = partsOf(equation, this.#program)!;
      for (const [i, each] of outputs.entries()) if (!this.#parts.has(each)) this.#addCopy(parts[i]!, each);
    }
  }

  #addCopy(part: Part, output: number): void {
    const source = this.#newValue(this.#matrices[output]!);
    this.#parts.set(source, part);
    this.#addNode({ op: 'copy', inputs: [source], output });
  }

  #addConcat(inputs: readonly number[], output: number, axis: number): void {
    const isAlongColumns = axis === this.#program.values[output]!.shape.length - 1;
    const strips: { readonly value: number; readonly offset: number }[] = [];
    let offset = 0;
    for (const input of inputs) {
      const matrix = this.#matrices[input]!;
      const value = this.#newValue(matrix);
      strips.push({ value, offset });
      this.#addNode({ op: 'copy', inputs: [input], output: value });
      offset += (isAlongColumns ? matrix.columns : matrix.rows * matrix.columns) * BYTES;
    }
    this.#strips.set(output, strips);
    this.#madeIn.set(output, Math.max(...strips.map(({ value }) => this.#madeIn.get(value)!)));
  }

  /** Into the first pass of its shape, behind the last product, that comes after all that the node reads. */
  #addNode(node: Node): void {
    const { rows, columns } = this.#matrices[node.output]!;
    let action = this.#actions.at(-1);
    if (!action || !('passes' in action)) this.#actions.push((action = { passes: [] }));
    const first = Math.max(-1, ...node.inputs.map((input) => this.#readableFrom(input, { rows, columns })));
    let pass = action.passes.find(
      (each) => each.rows === rows && each.columns === columns && this.#numbers.get(each)! >= first,
    );
    if (!pass) {
      pass = { rows, columns, nodes: [] };
      action.passes.push(pass);
      this.#numbers.set(pass, this.#count++);
    }
    pass.nodes.push(node);
    this.#madeIn.set(node.output, this.#numbers.get(pass)!);
  }

  /** The first pass that may read a value: the one that makes it, if it has that pass's elements, else the next. */
  #readableFrom(value: number, by: Matrix | undefined): number {
    const part = this.#parts.get(value);
    if (part)
      return this.#readableFrom(part.of, isSame(this.#matrices[value]!, this.#matrices[part.of]!) ? by : undefined);
    const node = this.#inlined.get(value);
    if (node) return Math.max(-1, ...node.inputs.map((input) => this.#readableFrom(input, undefined)));
    const made = this.#madeIn.get(value);
    if (made === undefined) return -1;
    return by && isSame(this.#matrices[value]!, by) ? made : made + 1;
  }

  /** Finds a place for what is not only used by the pass that makes it. */
  #placeMade(): void {
    const inMemory = new Set<number>();
    const read = (value: number, pass: Pass | undefined, direct: boolean): void => {
      const part = this.#parts.get(value);
      if (part) return read(part.of, pass, direct && isSame(this.#matrices[value]!, this.#matrices[part.of]!));
      const node = this.#inlined.get(value);
      if (node) return node.inputs.forEach((input) => read(input, pass, false));
      const isHere = pass && direct && this.#madeIn.get(value) === this.#numbers.get(pass) && !this.#strips.has(value);
      if (!isHere) inMemory.add(value);
    };
    for (const action of this.#actions) {
      if ('product' in action) {
        for (const value of [action.product.a, action.product.b]) read(value, undefined, false);
        inMemory.add(action.product.output);
      } else {
        for (const pass of action.passes) {
          for (const { inputs } of pass.nodes) for (const input of inputs) read(input, pass, true);
        }
      }
    }
    for (const { op, outputs } of this.#program.phases.loop) {
      if (op === 'accumulate')
        this.#place(outputs[0]!, { kind: 'total', value: outputs[0]!, bytes: this.#bytesOf(outputs[0]!) });
    }
    for (const { value, made } of this.#kept) this.#place(made, { kind: 'kept', value, bytes: this.#bytesOf(made) });
    for (const value of [...this.#handedOn, ...inMemory]) {
      const handedOn = this.#handedOn.has(value);
      if (!this.#views.has(value) && this.#madeIn.has(value)) {
        this.#place(value, { kind: 'step', bytes: this.#bytesOf(value), handedOn });
      }
    }
  }

  #place(value: number, storage: Storage): void {
    const view = this.#viewIn(storage, value);
    this.#views.set(value, view);
    for (const strip of this.#strips.get(value) ?? []) {
      this.#views.set(strip.value, { ...view, offset: strip.offset });
    }
  }
}

function isSame(a: Matrix, b: Matrix): boolean {
  return a.rows === b.rows && a.columns === b.columns;
}
