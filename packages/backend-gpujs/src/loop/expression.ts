import { type Counter, type Position, rootsOf, textOf } from './position.ts';

/** Where numbers come from that a kernel is given: an argument of it. Sources of one key are one. */
export interface Source {
  readonly key: string;
  readonly components: 1 | 2 | 4;
  /** Whether it is the same in all steps. */
  readonly isConstant?: boolean;
  /** What makes it of another source, which is the same in all steps. */
  readonly packing?: Packing;
}

/** A rearrangement: element [row, column] of it holds numbers of `of` at starts + row · rowFactor + column · columnFactor. */
export interface Packing {
  readonly of: Source;
  readonly width: number;
  readonly rows: number;
  readonly rowFactor: number;
  readonly columnFactor: number;
  readonly starts: readonly number[];
}

/** What a loop makes of what it meets. */
export type Reduced = 'sum' | 'int32 sum' | 'max' | 'argmax';

/** What one element of a value is computed of. Equal expressions are one object. */
export type Expression = Known & {
  readonly id: number;
  /** The counters that it changes with, as they are given. */
  readonly roots: ReadonlySet<Counter>;
};

type Known =
  | { readonly kind: 'number'; readonly value: number }
  /** A position, as a number. */
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'load'; readonly source: Source; readonly component: number; readonly position: Position }
  | { readonly kind: 'operation'; readonly op: string; readonly operands: readonly Expression[] }
  /** Over all turns of a loop. */
  | {
      readonly kind: 'reduction';
      readonly how: Reduced;
      readonly over: Counter;
      readonly of: Expression;
      /** The elements that go into it, and the values of the program that they are of. */
      readonly operands: readonly Operand[];
      /** The value of the program that it is an element of, or a term of one. */
      readonly makes?: number;
    }
  /** One of two, by where something lies: `below` if position < bound. */
  | {
      readonly kind: 'choice';
      readonly position: Position;
      readonly bound: number;
      readonly below: Expression;
      readonly above: Expression;
    };

/** An element of a value of the program. */
export interface Operand {
  readonly value: number;
  readonly element: Expression;
}

/** Makes expressions, each once. */
export class Expressions {
  readonly #made = new Map<string, Expression>();

  number(value: number): Expression {
    return this.#make(`#${Object.is(value, -0) ? '-0' : value}`, { kind: 'number', value }, []);
  }

  position(position: Position): Expression {
    return this.#make(`@${textOf(position)}`, { kind: 'position', position }, rootsOf(position));
  }

  load(source: Source, component: number, position: Position): Expression {
    const key = `${source.key}.${component}[${textOf(position)}]`;
    return this.#make(key, { kind: 'load', source, component, position }, rootsOf(position));
  }

  operation(op: string, ...operands: readonly Expression[]): Expression {
    const numbers = operands.map((operand) => (operand.kind === 'number' ? operand.value : undefined));
    const [a, b] = operands as [Expression, Expression];
    // What products over several parts bring along.
    if (op === 'add' && numbers[0] === 0) return b;
    if ((op === 'add' || op === 'sub') && numbers[1] === 0) return a;
    if (op === 'mul' && numbers[0] === 1) return b;
    if (op === 'mul' && numbers[1] === 1) return a;
    const key = `${op}(${operands.map(({ id }) => id).join()})`;
    return this.#make(
      key,
      { kind: 'operation', op, operands },
      operands.flatMap(({ roots }) => [...roots]),
    );
  }

  reduction(how: Reduced, over: Counter, of: Expression, operands: readonly Operand[], makes?: number): Expression {
    const roots = [...of.roots].filter((root) => root.name !== over.name);
    return this.#make(
      `${how}[${over.name}](${of.id})`,
      { kind: 'reduction', how, over, of, operands, ...(makes !== undefined && { makes }) },
      roots,
    );
  }

  choice(position: Position, bound: number, below: Expression, above: Expression): Expression {
    const roots = [...rootsOf(position), ...below.roots, ...above.roots];
    const key = `${textOf(position)}<${bound}?${below.id}:${above.id}`;
    return this.#make(key, { kind: 'choice', position, bound, below, above }, roots);
  }

  #make(key: string, known: Known, roots: readonly Counter[]): Expression {
    let expression = this.#made.get(key);
    if (!expression) {
      const byName = new Map(roots.map((root) => [root.name, root]));
      expression = { ...known, id: this.#made.size, roots: new Set(byName.values()) };
      this.#made.set(key, expression);
    }
    return expression;
  }
}

/** What an expression is made of directly, the elements that its positions need included. */
export function partsOf(expression: Expression): readonly Expression[] {
  const { kind } = expression;
  if (kind === 'number') return [];
  if (kind === 'operation') return expression.operands;
  if (kind === 'reduction') return [expression.of];
  const elements = elementsOf(expression.position);
  return kind === 'choice' ? [...elements, expression.below, expression.above] : elements;
}

/** The elements that a position is computed of. */
export function elementsOf({ terms }: Position): readonly Expression[] {
  return terms.flatMap(({ counter: { element, division } }) =>
    element ? [element] : division ? elementsOf(division.of) : [],
  );
}

/** Whether an expression changes with a counter. */
export function changesWith({ roots }: Expression, { name }: Counter): boolean {
  for (const root of roots) if (root.name === name) return true;
  return false;
}
