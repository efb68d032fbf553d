import type { DType, LoopEquation, LoopProgram, Shape } from '@unroll/backend';
import type { Action, Nest, Node, Product, Section } from './actions.ts';
import { type Addition, additionsOnto } from './additions.ts';
import { nestsOf } from './nests.ts';
import { combinationOf } from './operations.ts';
import { placesOf } from './placement.ts';
import type { StateSlots } from './reuse.ts';
import { rowLoopsOf } from './row-loops.ts';
import { SeenInPlace } from './seen-in-place.ts';
import { type Matrix, type Part, type View, isSame, matrixOf, partsOf } from './values.ts';

export type { Action, Node, Pass, Product } from './actions.ts';

/** The loop of a program, laid out. */
export interface Schedule {
  readonly actions: readonly Action[];
  /** Where a value lies, if it lies anywhere: what only one pass uses stays in registers. */
  readonly views: ReadonlyMap<number, View>;
  /** Values that are made again wherever parts of them are read: the node of each. */
  readonly inlined: ReadonlyMap<number, Node>;
  /** Values that are parts of others. */
  readonly parts: ReadonlyMap<number, Part>;
  /** The values that a value is put together of, and where each begins, in numbers. */
  readonly strips: ReadonlyMap<number, readonly Strip[]>;
  /** Of the program's values, then of those made here. */
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  readonly matrices: readonly Matrix[];
  /** Values that are kept for all steps, and what the step makes of each: itself, or a copy of what it finds. */
  readonly kept: readonly Copied[];
  /** What is handed on, in the order of `LoopProgram.carried`. */
  readonly next: readonly number[];
  /** Carried values that are kept without a copy; those are not among `kept`. */
  readonly slots?: readonly StateSlots[];
}

export interface Strip {
  readonly value: number;
  readonly offset: number;
}

export interface Copied {
  readonly value: number;
  readonly made: number;
}

/** What is known while a schedule is made. */
export interface Draft {
  readonly program: LoopProgram;
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  readonly matrices: readonly Matrix[];
  readonly parts: ReadonlyMap<number, Part>;
  readonly inlined: ReadonlyMap<number, Node>;
  /** The section, nest or product that makes a value, by its number. */
  readonly madeIn: ReadonlyMap<number, number>;
  /** The values that a value is put together of, and where each begins, in numbers. */
  readonly strips: ReadonlyMap<number, readonly Strip[]>;
  readonly kept: readonly Copied[];
  readonly next: readonly number[];
}

type DraftAction = Exclude<Action, { passes: unknown }> | { readonly sections: (Section | Nest)[] };

/** Sorts the equations of the loop into products and passes, and finds a place for what has to be in memory. `isBatched` tells whose rows are the batch's. */
export function scheduleOf(program: LoopProgram, isBatched: (value: number) => boolean = () => false): Schedule {
  return new Scheduler(program, isBatched).schedule();
}

class Scheduler {
  readonly #program: LoopProgram;
  readonly #shapes: Shape[];
  readonly #dtypes: DType[];
  readonly #batched: boolean[];
  readonly #matrices: Matrix[];
  readonly #actions: DraftAction[] = [];
  readonly #seen: SeenInPlace;
  /** What becomes of a product that is added to something at once, by its output and by that of the sum. */
  readonly #additions: ReadonlyMap<number, Addition>;
  readonly #madeIn: Map<number, number> = new Map();
  /** Results of bringing rows together: known when all columns are. */
  readonly #reduced: Set<number> = new Set();
  #count = 0;
  readonly #kept: readonly Copied[];
  readonly #next: readonly number[];
  readonly #strips: Map<number, readonly Strip[]> = new Map();

  constructor(program: LoopProgram, isBatched: (value: number) => boolean) {
    this.#program = program;
    const { values, phases, carried, outputs } = program;
    this.#shapes = values.map(({ shape }) => shape);
    this.#dtypes = values.map(({ dtype }) => dtype);
    this.#batched = values.map((_, value) => isBatched(value));
    this.#matrices = values.map(({ shape }) => matrixOf(shape));
    const made = new Set(phases.loop.flatMap((each) => (each.op === 'accumulate' ? [] : [...each.outputs])));
    const found = new Set(carried.map(({ value }) => value));
    // What a step hands on as it found it moves to a place of its own: that of the step before is soon written again.
    this.#next = carried.map(({ next }) => (found.has(next) ? this.#newValue(next) : next));
    const readLater = [...phases.after, ...phases.totals].flatMap(({ inputs }) => [...inputs]);
    this.#kept = [...new Set([...readLater, ...outputs.series])].flatMap((value) => {
      if (made.has(value)) return [{ value, made: value }];
      return found.has(value) ? [{ value, made: this.#newValue(value) }] : [];
    });
    const outliving = new Set([...this.#next, ...this.#kept.map((each) => each.made)]);
    const facts = { shapes: this.#shapes, dtypes: this.#dtypes, outliving };
    this.#seen = new SeenInPlace(phases.loop, facts);
    this.#additions = additionsOnto(phases.loop, facts);
  }

  schedule(): Schedule {
    const { loop } = this.#program.phases;
    for (const { value, made } of this.#kept) {
      if (made !== value) this.#addNode({ op: 'copy', inputs: [value], output: made });
    }
    for (const [i, { next }] of this.#program.carried.entries()) {
      const made = this.#next[i]!;
      if (made !== next) this.#addNode({ op: 'copy', inputs: [next], output: made });
    }
    for (const equation of loop) this.#add(equation);
    const draft: Draft = {
      program: this.#program,
      shapes: this.#shapes,
      dtypes: this.#dtypes,
      matrices: this.#matrices,
      parts: this.#seen.parts,
      inlined: this.#seen.inlined,
      madeIn: this.#madeIn,
      strips: this.#strips,
      kept: this.#kept,
      next: this.#next,
    };
    const actions = this.#actions.map((action) =>
      'product' in action ? action : { passes: rowLoopsOf(action.sections, draft) },
    );
    return { ...draft, actions, views: placesOf(draft, actions) };
  }

  /** A value that is not the program's: like another one, perhaps of another shape. */
  #newValue(like: number, shape: Shape = this.#shapes[like]!): number {
    this.#dtypes.push(this.#dtypes[like]!);
    this.#batched.push(this.#batched[like]!);
    this.#matrices.push(matrixOf(shape));
    return this.#shapes.push(shape) - 1;
  }

  #add(equation: LoopEquation): void {
    const { op, inputs, outputs } = equation;
    const output = outputs[0]!;
    const addition = this.#additions.get(output);
    if (addition) {
      // Where the product stands in the order nothing happens: where the sum stands, it is added to the other term.
      if (addition.sum !== output) return;
      this.#addNode({ op: 'copy', inputs: [addition.term], output });
      this.#addProduct({ ...productOf(addition.product), output, accumulate: true });
    } else if (op === 'matmul' && this.#shapes[output]!.length === 2) {
      this.#addProduct(productOf(equation));
    } else if (this.#isSumOverRows(equation)) {
      this.#addNode({ op: 'sumRows', inputs, output }, inputs[0]);
    } else if (this.#seen.isNode(equation)) {
      if (!this.#seen.inlined.has(output)) this.#addNode({ op: this.#seen.operationOf(equation), inputs, output });
    } else if (op === 'concat' && this.#isInStrips(equation)) {
      this.#addConcat(inputs, output, equation.attrs.axis);
    } else {
      this.#addMoved(equation);
    }
  }

  #addProduct(product: Product): void {
    this.#actions.push({ product });
    this.#madeIn.set(product.output, this.#count++);
  }

  /** What is only seen elsewhere needs nothing; what outlives the step is copied; the rest takes loops of its own. */
  #addMoved(equation: LoopEquation): void {
    const { inputs, outputs } = equation;
    const parts = partsOf(equation, this.#shapes);
    for (const [i, each] of outputs.entries()) {
      if (this.#seen.parts.has(each)) continue;
      const part = parts[i];
      if (part) this.#addCopy(part.isReshaped ? { ...part, of: this.#contiguous(part.of) } : part, each);
      else {
        const operands = NEEDS_NO_GAPS.has(equation.op) ? inputs.map((input) => this.#contiguous(input)) : inputs;
        for (const nest of nestsOf(equation, i, operands, this.#seen.operationOf(equation), this.#shapes)) {
          const isBatched = [nest.output, ...nest.inputs].some(
            ({ value, axes }) => this.#batched[value] && axes[0] === 0,
          );
          this.#sections().push({ ...nest, isBatched, number: this.#count });
          this.#madeIn.set(each, this.#count++);
        }
      }
    }
  }

  /** Whether each column is summed, over all rows. */
  #isSumOverRows({ op, inputs, attrs }: LoopEquation): boolean {
    const x = inputs[0]!;
    const { length: rank } = this.#shapes[x]!;
    if (op !== 'sum' || this.#dtypes[x] !== 'float32' || this.#matrices[x]!.rows === 1) return false;
    return attrs.axes.length === rank - 1 && !attrs.axes.includes(rank - 1);
  }

  /** A value without gaps: itself, or a copy. */
  #contiguous(value: number): number {
    if (this.#seen.isContiguous(value)) return value;
    const copy = this.#newValue(value);
    this.#addNode({ op: 'copy', inputs: [value], output: copy });
    return copy;
  }

  #addCopy(part: Part, output: number): void {
    const source = this.#newValue(output);
    this.#seen.parts.set(source, part);
    this.#addNode({ op: 'copy', inputs: [source], output });
  }

  /** Whether each operand of a concat takes some columns or some rows of it. */
  #isInStrips({ attrs, outputs }: LoopEquation & { readonly op: 'concat' }): boolean {
    const shape = this.#shapes[outputs[0]!]!;
    return attrs.axis === shape.length - 1 || shape.slice(0, attrs.axis).every((length) => length === 1);
  }

  #addConcat(inputs: readonly number[], output: number, axis: number): void {
    const isAlongColumns = axis === this.#shapes[output]!.length - 1;
    const strips: Strip[] = [];
    let offset = 0;
    for (const input of inputs) {
      const { rows, columns } = this.#matrices[input]!;
      const value = this.#newValue(input);
      strips.push({ value, offset });
      this.#addNode({ op: 'copy', inputs: [input], output: value });
      offset += isAlongColumns ? columns : rows * columns;
    }
    this.#strips.set(output, strips);
    this.#madeIn.set(output, Math.max(...strips.map(({ value }) => this.#madeIn.get(value)!)));
  }

  #sections(): (Section | Nest)[] {
    const last = this.#actions.at(-1);
    if (last && 'sections' in last) return last.sections;
    const sections: (Section | Nest)[] = [];
    this.#actions.push({ sections });
    return sections;
  }

  /** Into the first section of its shape, behind the last product, that comes after all that the node reads. */
  #addNode(node: Node, shapedAs: number = isReduction(node) ? node.inputs[0]! : node.output): void {
    const { rows, columns } = this.#matrices[shapedAs]!;
    const isBatched = this.#batched[shapedAs]!;
    const sections = this.#sections();
    const first = Math.max(-1, ...node.inputs.map((input) => this.#readableFrom(input, { rows, columns }, isBatched)));
    let section = sections.find(
      (each): each is Section =>
        each.kind === 'section' &&
        each.rows === rows &&
        each.columns === columns &&
        each.isBatched === isBatched &&
        each.number >= first,
    );
    if (!section) {
      section = { kind: 'section', rows, columns, isBatched, number: this.#count++, nodes: [] };
      sections.push(section);
    }
    section.nodes.push(node);
    this.#madeIn.set(node.output, section.number);
    if (isReduction(node)) this.#reduced.add(node.output);
  }

  /** The first section that may read a value: the one that makes it, if it has that section's elements, else the next. */
  #readableFrom(value: number, by: Matrix | undefined, isBatched: boolean): number {
    const part = this.#seen.parts.get(value);
    if (part) {
      const isAll = !part.isReshaped && isSame(this.#matrices[value]!, this.#matrices[part.of]!);
      return this.#readableFrom(part.of, isAll ? by : undefined, isBatched);
    }
    const node = this.#seen.inlined.get(value);
    if (node) return Math.max(-1, ...node.inputs.map((input) => this.#readableFrom(input, undefined, isBatched)));
    const made = this.#madeIn.get(value);
    if (made === undefined) return -1;
    const isHere = by && isSame(this.#matrices[value]!, by) && !this.#reduced.has(value);
    return isHere && this.#batched[value] === isBatched ? made : made + 1;
  }
}

function isReduction({ op }: Node): boolean {
  return combinationOf(op) !== undefined;
}

function productOf({ inputs, outputs, attrs }: LoopEquation & { readonly op: 'matmul' }): Product {
  const { transposeA, transposeB } = attrs;
  return { a: inputs[0]!, b: inputs[1]!, output: outputs[0]!, transposeA, transposeB };
}

const NEEDS_NO_GAPS: ReadonlySet<string> = new Set(['matmul', 'gather', 'scatterAdd']);
