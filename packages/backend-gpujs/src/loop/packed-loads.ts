import { type Expression, Expressions, type Packing, type Source, partsOf } from './expression.ts';
import { type Counter, along, counter, plus, times } from './position.ts';

type Load = Extract<Expression, { kind: 'load' }>;
type Reduction = Extract<Expression, { kind: 'reduction' }>;

/** Numbers below which a kernel for packing costs more than it saves. */
const WORTH_PACKING = 2048;

/** The most numbers of a texel. */
const MOST = 4;

/**
 * Numbers of constants that a loop reads at equal distances in each turn, as a product for several gates does, packed side by side: in
 * the order in which the loop reads them, neighbouring threads beside one another. By load, where it is read instead.
 */
export function packedLoads(results: readonly Expression[], width: number): ReadonlyMap<Expression, Load> {
  const packed = new Map<Expression, Load>();
  const expressions = new Expressions();
  for (const [over, loads] of loadsByLoop(results)) {
    const alike = new Map<string, Load[]>();
    for (const load of loads) {
      const { source, position } = load;
      const key = [source.key, ...position.terms.map(({ counter: of, factor }) => `${of.name}*${factor}`)].join(' ');
      alike.set(key, [...(alike.get(key) ?? []), load]);
    }
    for (const [key, group] of alike) {
      const factorOf = (name: string): number =>
        group[0]!.position.terms.find(({ counter: of }) => of.name === name)?.factor ?? 0;
      const [rowFactor, columnFactor] = [factorOf(over.name), factorOf('column')];
      if (group.length === 1 && columnFactor === 1) continue;
      if (over.extent * width * group.length < WORTH_PACKING) continue;
      for (let i = 0; i < group.length; i += MOST) {
        const some = group.slice(i, i + MOST);
        const starts = some.map(({ position }) => position.start);
        const source: Source = {
          key: `packed ${key} ${starts.join()} ${over.extent}x${width}`,
          components: some.length === 1 ? 1 : some.length === 2 ? 2 : 4,
          packing: { of: group[0]!.source, width, rows: over.extent, rowFactor, columnFactor, starts },
        };
        const position = plus(times(along(over), width), along(counter('column', width)));
        for (const [component, load] of some.entries()) {
          packed.set(load, expressions.load(source, component, position) as Load);
        }
      }
    }
  }
  return packed;
}

/** What each loop reads of constants in each turn, at places that only its turn and the thread's column tell. */
function loadsByLoop(results: readonly Expression[]): ReadonlyMap<Counter, readonly Load[]> {
  const found = new Map<string, { readonly over: Counter; readonly loads: Set<Load> }>();
  const seen = new Set<Expression>();
  const visit = (expression: Expression, loops: readonly Reduction[]): void => {
    // What lies in several loops is found with the first.
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === 'load') {
      const { source, position } = expression;
      const over = loops
        .map((loop) => loop.over)
        .find(({ name }) => position.terms.some((term) => term.counter.name === name));
      const isTold = position.terms.every(({ counter: of }) => of.name === 'column' || of.name === over?.name);
      if (!source.isConstant || !over || !isTold) return;
      const entry = found.get(over.name) ?? { over, loads: new Set() };
      entry.loads.add(expression);
      found.set(over.name, entry);
    }
    const inside = expression.kind === 'reduction' ? [...loops, expression] : loops;
    for (const part of partsOf(expression)) visit(part, inside);
  };
  for (const result of results) visit(result, []);
  return new Map([...found.values()].map(({ over, loads }) => [over, [...loads]]));
}

/** What a thread of the kernel that packs computes. */
export function packedElements(
  { of, starts, rowFactor, columnFactor }: Packing,
  components: number,
  { row, column }: { readonly row: Counter; readonly column: Counter },
): readonly Expression[] {
  const expressions = new Expressions();
  return Array.from({ length: components }, (_, i) => {
    const start = starts[i];
    if (start === undefined) return expressions.number(0);
    const position = plus(times(along(row), rowFactor), times(along(column), columnFactor));
    return expressions.load(of, 0, { ...position, start: position.start + start });
  });
}
