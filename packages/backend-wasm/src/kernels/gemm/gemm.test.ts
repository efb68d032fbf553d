import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type WasmFunction, engine } from '../../engine.ts';
import { detectFeatures } from '../../features.ts';
import { GrowingMemory } from '../../memory/growing-memory.ts';
import { productModule } from '../modules.ts';
import { HEAP } from '../static-area.ts';
import { EXACT, PANEL, RELAXED } from './tile.ts';

const host = engine()!;
const { relaxedSimd } = detectFeatures(host);

/** What no kernel may overwrite. */
const OUTSIDE = 12345;

interface Shapes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Numbers between the end of one row and the start of the next. */
  readonly gap: number;
}

const size = fc.integer({ min: 1, max: 37 });
const shapes: fc.Arbitrary<Shapes> = fc.record({ m: size, k: size, n: size, gap: fc.nat(5) });
/** One row, and columns that fill several panels. */
const rows: fc.Arbitrary<Shapes> = fc.record({
  m: fc.constant(1),
  k: size,
  n: fc.integer({ min: 1, max: 150 }),
  gap: fc.nat(5),
});

function small(i: number): number {
  return ((i * 7) % 11) - 5;
}

/** Kernels of one float type on a memory of their own, with small integers in A, B and C, so that sums are exact. */
class Setup {
  readonly bytes: 4 | 8;
  readonly floats: Float32Array | Float64Array;
  readonly kernels: Readonly<Record<string, WasmFunction>>;
  readonly dtype: 'float32' | 'float64';

  constructor(dtype: 'float32' | 'float64', arithmetic: typeof EXACT) {
    const memory = new GrowingMemory(host, 2 ** 24);
    memory.grow(2 ** 20);
    this.dtype = dtype;
    this.bytes = dtype === 'float32' ? 4 : 8;
    this.floats = memory[dtype];
    const module = new host.Module(productModule(memory.limits, arithmetic));
    const { exports } = new host.Instance(module, { env: { memory: memory.memory } });
    this.kernels = exports as Readonly<Record<string, WasmFunction>>;
  }

  kernel(name: string): WasmFunction {
    return this.kernels[`${name}.${this.dtype}`]!;
  }

  /** Writes a matrix with gaps; returns its address, its row in bytes, and the address behind it. */
  matrix(at: number, rows: number, columns: number, gap: number): readonly [number, number, number] {
    const row = columns + gap;
    for (let i = 0; i < rows * row + 16; i++) {
      this.floats[at / this.bytes + i] = i % row < columns && i < rows * row ? small(i + at) : OUTSIDE;
    }
    const end = at + (rows * row + 16) * this.bytes;
    return [at, row * this.bytes, Math.ceil(end / 64) * 64];
  }

  at(address: number, row: number, i: number, j: number): number {
    return this.floats[(address + i * row) / this.bytes + j]!;
  }

  /** Runs `multiply` on fresh matrices: C and what lies around it, as they are and as they should be. */
  run(
    { m, k, n, gap }: Shapes,
    accumulate: 0 | 1,
    multiply: (p: Operands) => void,
  ): { readonly actual: ArrayLike<number>; readonly expected: ArrayLike<number> } {
    const [a, aRow, behindA] = this.matrix(HEAP, m, k, gap);
    const [b, bRow, behindB] = this.matrix(behindA, k, n, gap);
    const [c, cRow, work] = this.matrix(behindB, m, n, gap);
    const before = this.floats.slice(c / this.bytes, work / this.bytes);
    multiply({ a, aRow, b, bRow, c, cRow, work });
    const expected = before.slice();
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const o = (i * cRow) / this.bytes + j;
        let sum = accumulate ? before[o]! : 0;
        for (let p = 0; p < k; p++) sum += this.at(a, aRow, i, p) * this.at(b, bRow, p, j);
        expected[o] = sum;
      }
    }
    return { actual: this.floats.slice(c / this.bytes, work / this.bytes), expected };
  }
}

/** Addresses, and rows in bytes. */
interface Operands {
  readonly a: number;
  readonly aRow: number;
  readonly b: number;
  readonly bRow: number;
  readonly c: number;
  readonly cRow: number;
  readonly work: number;
}

const setups = [
  new Setup('float32', EXACT),
  new Setup('float64', EXACT),
  ...(relaxedSimd ? [new Setup('float32', RELAXED), new Setup('float64', RELAXED)] : []),
];

describe('kernels of matrix products', () => {
  it.each([0, 1] as const)(
    'multiply matrices within larger ones, added to C: %d, and write nothing else',
    (accumulate) => {
      fc.assert(
        fc.property(fc.constantFrom(...setups), shapes, (setup, each) => {
          const { m, k, n } = each;
          const { actual, expected } = setup.run(each, accumulate, ({ a, aRow, b, bRow, c, cRow, work }) => {
            setup.kernel('multiply')(m, n, k, a, aRow, 0, b, bRow, 0, c, cRow, accumulate, work);
          });
          expect(actual).toEqual(expected);
        }),
        { numRuns: 200 },
      );
    },
  );

  it.each([0, 1] as const)('multiply by a packed matrix, added to C: %d', (accumulate) => {
    fc.assert(
      fc.property(fc.constantFrom(...setups), shapes, (setup, each) => {
        const { m, k, n } = each;
        const { actual, expected } = setup.run(each, accumulate, ({ a, aRow, b, bRow, c, cRow, work }) => {
          const panels = Math.ceil((n * setup.bytes) / PANEL);
          const end = (work + panels * PANEL * k) / setup.bytes;
          setup.floats[end] = OUTSIDE;
          setup.kernel('pack')(work, b, bRow, k, n, 0);
          expect(setup.floats[end]).toBe(OUTSIDE);
          setup.kernel('multiplyPacked')(m, n, k, a, aRow, work, c, cRow, accumulate);
        });
        expect(actual).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('multiply a row by a matrix that is packed for it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...setups), rows, (setup, each) => {
        const { k, n } = each;
        const { actual, expected } = setup.run(each, 0, ({ a, b, bRow, c, work }) => {
          setup.kernel('packRow')(work, b, bRow, k, n, 0);
          setup.kernel('multiplyRow')(n, k, a, work, c);
        });
        expect(actual).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('pack a transposed matrix as they pack the matrix', () => {
    fc.assert(
      fc.property(fc.constantFrom(...setups), shapes, (setup, { k, n, gap }) => {
        const [b, bRow, behind] = setup.matrix(HEAP, k, n, gap);
        const [t, tRow, work] = setup.matrix(behind, n, k, gap);
        for (let i = 0; i < k; i++) {
          for (let j = 0; j < n; j++) setup.floats[(t + j * tRow) / setup.bytes + i] = setup.at(b, bRow, i, j);
        }
        const length = (Math.ceil((n * setup.bytes) / PANEL) * PANEL * k) / setup.bytes;
        const packed = (from: number, row: number, transposed: 0 | 1): typeof setup.floats => {
          setup.floats.fill(NaN, work / setup.bytes, work / setup.bytes + length);
          setup.kernel('pack')(work, from, row, k, n, transposed);
          return setup.floats.slice(work / setup.bytes, work / setup.bytes + length);
        };
        expect(packed(t, tRow, 1)).toEqual(packed(b, bRow, 0));
      }),
    );
  });

  it('add a row times a matrix to a row, and write nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...setups), shapes, (setup, { k, n, gap }) => {
        const { actual, expected } = setup.run({ m: 1, k, n, gap }, 1, ({ a, b, bRow, c }) => {
          setup.kernel('addRow')(k, n, a, b, bRow, c);
        });
        expect(actual).toEqual(expected);
      }),
    );
  });
});
