import type { KernelSource } from '../device/index.ts';
import { type Expression, type Source, elementsOf, partsOf } from './expression.ts';
import { INT32, formulaOf } from './formulas.ts';
import { packedLoads } from './packed-loads.ts';
import { type Counter, type Position, counter, rootsOf, shifted, textOf as positionText, times } from './position.ts';

/** Where a thread stands. */
export const COLUMN = 'column';
export const ROW = 'row';
/** The step, an argument of the kernel. */
export const STEP = 'step';

/** A kernel, and what it is to be called with. */
export interface LoopKernel {
  readonly kernel: KernelSource;
  /** In the order of its arguments. */
  readonly sources: readonly Source[];
  /** Whether the step is an argument, behind them. */
  readonly takesStep: boolean;
}

export interface KernelTextOptions {
  readonly name: string;
  readonly width: number;
  readonly rows: number;
  /** What one thread computes: one, two or four numbers. */
  readonly results: readonly Expression[];
  /** Whether arguments may have several components. Else they are flat. */
  readonly vectors: boolean;
  /** Whether what loops read of constants is packed first, for all steps. */
  readonly packs?: boolean;
}

/** Writes expressions as the text of a kernel. */
export function kernelText({ name, width, rows, results, vectors, packs = false }: KernelTextOptions): LoopKernel {
  const writer = new Writer(results, { vectors, packed: packs ? packedLoads(results, width) : new Map() });
  const { body, sources, takesStep } = writer.write(results);
  const parameters = [...sources.map((_, i) => argument(i)), ...(takesStep ? [STEP] : [])];
  const components = results.length as 1 | 2 | 4;
  return {
    kernel: {
      name,
      source: `function(${parameters.join()}){${body}}`,
      width,
      rows,
      components,
      inputs: sources.map((source) => (vectors ? source.components : 1)),
      ...(takesStep && { scalars: ['integer'] }),
    },
    sources,
    takesStep,
  };
}

function argument(index: number): string {
  return `a${index}`;
}

/** A block of the text: the kernel's own, the body of a loop, or a branch. */
interface Block {
  readonly parent: Block | undefined;
  readonly lines: string[];
  /** The name of the counter of the loop. */
  readonly counts: string | undefined;
  /** What the text calls it: a loop in a branch may count what one around it counts. */
  readonly turn?: string;
  /** Whether it may not run. */
  readonly isBranch: boolean;
  /** Names of what is computed in it, by key. */
  readonly names: Map<string, string>;
}

type Load = Extract<Expression, { kind: 'load' }>;
type Reduction = Extract<Expression, { kind: 'reduction' }>;

class Writer {
  readonly #vectors: boolean;
  /** What is read in another place than where it is given. */
  readonly #packed: ReadonlyMap<Expression, Load>;
  readonly #sources: Source[] = [];
  readonly #uses = new Map<Expression, number>();
  #takesStep = false;
  #names = 0;

  constructor(
    results: readonly Expression[],
    { vectors, packed }: { readonly vectors: boolean; readonly packed: ReadonlyMap<Expression, Load> },
  ) {
    this.#vectors = vectors;
    this.#packed = packed;
    const count = (expression: Expression): void => {
      const uses = this.#uses.get(expression) ?? 0;
      this.#uses.set(expression, uses + 1);
      if (uses === 0) for (const part of partsOf(expression)) count(part);
    };
    for (const result of results) count(result);
  }

  write(results: readonly Expression[]): {
    readonly body: string;
    readonly sources: readonly Source[];
    readonly takesStep: boolean;
  } {
    const block: Block = { parent: undefined, lines: [], counts: undefined, isBranch: false, names: new Map() };
    this.#reductionsOf(results, block);
    const texts = results.map((result) => this.#asFloat(result, block));
    block.lines.push(texts.length === 1 ? `return ${texts[0]};` : `return [${texts.join()}];`);
    return { body: block.lines.join(''), sources: this.#sources, takesStep: this.#takesStep };
  }

  /** A number that is surely a float. */
  #asFloat(expression: Expression, block: Block): string {
    const text = this.#text(expression, block);
    return expression.kind === 'position' ? `(${text}*1.0)` : text;
  }

  #text(expression: Expression, from: Block): string {
    if (expression.kind === 'number') return literal(expression.value);
    const key = String(expression.id);
    const known = nameIn(from, key, expression.roots);
    if (known !== undefined) return known;
    const block = homeOf(from, expression.roots);
    if (expression.kind === 'position') return `(${this.#position(expression.position, block)})`;
    if (expression.kind === 'load') return this.#load(expression, block);
    if (expression.kind === 'reduction') this.#loop([expression], block);
    else if (expression.kind === 'choice') this.#choice(expression, block);
    else {
      const text = this.#operation(expression, block);
      const isShared = (this.#uses.get(expression) ?? 0) > 1;
      if (!isShared && block === from) return text;
      block.names.set(key, this.#named(text, block));
    }
    return nameIn(block, key, expression.roots)!;
  }

  #operation({ op, operands }: Extract<Expression, { kind: 'operation' }>, block: Block): string {
    const { text, repeats } = formulaOf(op);
    const texts = operands.map((operand) => this.#text(operand, block));
    // What a formula reads twice has a name.
    return text(...(repeats ? texts.map((each) => this.#named(each, block)) : texts));
  }

  #choice({ id, position, bound, below, above }: Extract<Expression, { kind: 'choice' }>, block: Block): void {
    const name = this.#newName('c');
    const condition = `${this.#position(position, block)}<${bound}`;
    const branch = (of: Expression): string => {
      const inner: Block = { parent: block, lines: [], counts: undefined, isBranch: true, names: new Map() };
      this.#reductionsOf([of], inner);
      const text = this.#asFloat(of, inner);
      return [...inner.lines, `${name}=${text};`].join('');
    };
    const branches = `{${branch(below)}}else{${branch(above)}}`;
    block.lines.push(`let ${name}=0;if(${condition})${branches}`);
    block.names.set(String(id), name);
  }

  #named(text: string, block: Block): string {
    if (/^\w+$/.test(text)) return text;
    const name = this.#newName('v');
    block.lines.push(`const ${name}=${text};`);
    return name;
  }

  #newName(letter: string): string {
    return `${letter}${this.#names++}`;
  }

  #load(load: Load, block: Block): string {
    const { source, component, position } = this.#packed.get(load) ?? load;
    const { components } = source;
    if (components === 1 || !this.#vectors) {
      const flat = components === 1 ? position : shifted(times(position, components), component);
      return this.#read(source, flat, block);
    }
    return `${this.#read(source, position, block)}[${component}]`;
  }

  /** What lies somewhere, by name. */
  #read(source: Source, position: Position, from: Block): string {
    const key = `${source.key}[${positionText(position)}]`;
    const known = nameIn(from, key, rootsOf(position));
    if (known !== undefined) return known;
    let index = this.#sources.findIndex((each) => each.key === source.key);
    if (index < 0) index = this.#sources.push(source) - 1;
    const name = this.#newName('q');
    from.lines.push(`const ${name}=${argument(index)}[${this.#position(position, from)}];`);
    from.names.set(key, name);
    return name;
  }

  #position(position: Position, block: Block): string {
    return positionText(position, (each) => this.#counter(each, block));
  }

  #counter(each: Counter, from: Block): string {
    const { name, division, element, roots } = each;
    if (name === STEP) this.#takesStep = true;
    if (!division && !element) return turnOf(from, name);
    const known = nameIn(from, name, roots);
    if (known !== undefined) return known;
    const block = homeOf(from, new Set(roots));
    const text = element
      ? `whole(${this.#text(element, block)})`
      : `${division!.takes}(${this.#position(division!.of, block)},${division!.by})`;
    const made = this.#newName('n');
    block.lines.push(`const ${made}=${text};`);
    block.names.set(name, made);
    return made;
  }

  /** Writes the loops of all reductions that can run in a block, those that are ready at the same time in one loop. */
  #reductionsOf(roots: readonly Expression[], block: Block): void {
    const levels: Reduction[][] = [];
    const seen = new Map<Expression, number>();
    const levelOf = (expression: Expression): number => {
      const known = seen.get(expression);
      if (known !== undefined) return known;
      let level = 0;
      if (nameIn(block, String(expression.id), expression.roots) === undefined) {
        const parts = expression.kind === 'choice' ? elementsOf(expression.position) : partsOf(expression);
        for (const part of parts) level = Math.max(level, levelOf(part));
        if (expression.kind === 'reduction' && isKnownIn(block, expression.roots)) {
          (levels[level] ??= []).push(expression);
          level++;
        }
      }
      seen.set(expression, level);
      return level;
    };
    for (const root of roots) levelOf(root);
    for (const level of levels) {
      for (const turn of new Set(level.map(({ over }) => over.name))) {
        this.#loop(
          level.filter(({ over }) => over.name === turn),
          block,
        );
      }
    }
  }

  /** One loop for reductions over the same counter. */
  #loop(reductions: readonly Reduction[], block: Block): void {
    const { over } = reductions[0]!;
    const turn = isKnownIn(block, [over]) ? this.#newName('k') : over.name;
    const body: Block = { parent: block, lines: [], counts: over.name, turn, isBranch: false, names: new Map() };
    this.#reductionsOf(
      reductions.map(({ of }) => of),
      body,
    );
    const made = reductions.map((reduction) => {
      const name = this.#newName('r');
      const text = this.#asFloat(reduction.of, body);
      const value = reduction.how === 'sum' ? text : this.#named(text, body);
      block.lines.push(`let ${name}=0;`);
      if (reduction.how === 'sum') body.lines.push(`${name}=${name}+${value};`);
      else if (reduction.how === 'int32 sum') {
        body.lines.push(`${name}=${formulaOf(`${INT32}add`).text(name, value)};`);
      } else if (reduction.how === 'max') {
        const larger = formulaOf('maximum').text(name, value);
        body.lines.push(`if(${turn}<1){${name}=${value};}else{${name}=${larger};}`);
      } else {
        const most = this.#newName('m');
        block.lines.push(`let ${most}=0;`);
        // The first NaN, if there is one.
        const isMore = `${turn}<1||${value}>${most}||(${isNaN(value)}&&!${isNaN(most)})`;
        body.lines.push(`if(${isMore}){${most}=${value};${name}=${turn}*1.0;}`);
      }
      return { key: String(reduction.id), name };
    });
    block.lines.push(`for(let ${turn}=0;${turn}<${over.extent};${turn}++){${body.lines.join('')}}`);
    for (const { key, name } of made) block.names.set(key, name);
  }
}

/** The name of what changes with these counters: outside of the innermost loop over one of them it is another's. */
function nameIn(block: Block, key: string, roots: Iterable<Counter>): string | undefined {
  const counters = new Set([...roots].map(({ name }) => name));
  for (let each: Block | undefined = block; each; each = each.parent) {
    const name = each.names.get(key);
    if (name !== undefined) return name;
    if (each.counts !== undefined && counters.has(each.counts)) return undefined;
  }
  return undefined;
}

/** What the text calls a counter. */
function turnOf(block: Block, name: string): string {
  for (let each: Block | undefined = block; each; each = each.parent) if (each.counts === name) return each.turn!;
  return name;
}

/** The outermost block that an expression can be computed in, seen from one, without leaving its branch. */
function homeOf(from: Block, roots: ReadonlySet<Counter>): Block {
  let home = from;
  while (home.parent && !home.isBranch && ![...roots].some(({ name }) => name === home.counts)) home = home.parent;
  return home;
}

/** Whether all counters of loops that an expression changes with are counted in or around a block. */
function isKnownIn(block: Block, roots: Iterable<Counter>): boolean {
  for (const { name, depth } of roots) {
    if (depth === 0) continue;
    let each: Block | undefined = block;
    while (each && each.counts !== name) each = each.parent;
    if (!each) return false;
  }
  return true;
}

/** Where `!=` may be optimized away, an order that does not hold tells. */
function isNaN(name: string): string {
  return `!(${name}>=0||${name}<0)`;
}

function literal(value: number): string {
  const text = Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? `${value}.0` : plain(value);
  return value < 0 || Object.is(value, -0) ? `(${text})` : text;
}

/** Without an exponent, which GPU.js would not understand everywhere. */
function plain(value: number): string {
  const text = String(value);
  if (!/e/.test(text)) return /\./.test(text) ? text : `${text}.0`;
  const [digits, exponent] = String(Math.abs(value)).split('e') as [string, string];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  const shift = Number(exponent);
  const all = whole + fraction;
  const sign = value < 0 ? '-' : '';
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${all}`;
  return `${sign}${all.padEnd(shift + 1, '0')}.0`;
}

/** The thread's place in a value: a column along its last axis, a row along all others. */
export function threadOver(shape: readonly number[]): {
  readonly width: number;
  readonly rows: number;
  readonly row: Counter;
  readonly column: Counter;
} {
  const width = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((size, length) => size * length, 1);
  return { width, rows, row: counter(ROW, rows), column: counter(COLUMN, width) };
}
