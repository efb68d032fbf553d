import { describeBackend } from '@unroll/backend/conformance';
import { everyCell, everyWrapper } from '@unroll/cells/conformance';
import { expectSameSolution, problem, RandomCell, solve } from '@unroll/cells/testing';
import { type RecurrentCell, scan } from '@unroll/cells';
import { valueAndGrad } from '@unroll/autograd';
import { Parameter, Rng, matmul, parametersOf, scope, tensor, tensorsOf, withBackend } from '@unroll/tensor';
import fc from 'fast-check';
import { availableParallelism } from 'node:os';
import v8 from 'node:v8';
import { describe, expect, it, vi } from 'vitest';
import type { WasmBackend } from './backend.ts';
import { type JoiningCompiler, joiningCompiler } from './compiler.ts';
import { engine } from './engine.ts';
import { hasWideVectors, wasm, wasmOn, wasmSync, wasmSyncOn } from './wasm.ts';

// All of it in one file: the flags of V8 are those of the whole process, in which other files run at the same time.

const narrow = await wasm({ relaxedSimd: false });
const host = engine()!;
const joins = joiningCompiler(host);
const isWide = typeof joins !== 'string';
/** Old Node, or another processor. */
const why = isWide ? '' : ` (skipped: ${joins})`;
const refusals: string[] = [];
const onFallback = (message: string): void => void refusals.push(message);
/** How fast vectors are here decides what is used, and other processes decide how fast they are; these tests want them in any case. */
const asked = { relaxedSimd: false, wideVectors: true, onFallback, compareSpeed: () => 1.5 } as const;
const wide = await wasmOn(host, asked);

function expectSameBits(compute: () => readonly (readonly number[])[]): void {
  const [actual, expected] = [wide, narrow].map((backend) => withBackend(backend, () => scope(compute)));
  expect(actual).toEqual(expected);
}

describe('the compiler that joins vectors', () => {
  /** A process with such a V8, and what it is told. */
  function withProcess(change: object, work: (said: string[]) => void): void {
    const said: string[] = [];
    const setFlagsFromString = (flag: string): void => void said.push(flag);
    const getBuiltinModule = (): object => ({ setFlagsFromString });
    const node = { arch: 'x64', execArgv: [], versions: { v8: '13.6.233' }, getBuiltinModule, ...change };
    vi.stubGlobal('process', node);
    try {
      work(said);
    } finally {
      vi.unstubAllGlobals();
    }
  }
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

  it('sets flags while it compiles, and resets them', () => {
    withProcess({}, (said) => {
      (joiningCompiler(host) as JoiningCompiler).compile(empty);
      expect(said).toEqual([
        '--experimental-wasm-revectorize',
        '--no-liftoff',
        '--no-wasm-inlining',
        '--no-wasm-lazy-compilation',
        '--no-experimental-wasm-revectorize',
        '--liftoff',
        '--wasm-inlining',
        '--wasm-lazy-compilation',
      ]);
    });
  });

  it('resets them if the engine refuses the module', () => {
    withProcess({}, (said) => {
      expect(() => (joiningCompiler(host) as JoiningCompiler).compile(empty.slice(1))).toThrow(/magic word/);
      expect(said).toHaveLength(8);
    });
  });

  it('leaves flags that the process was started with', () => {
    withProcess({ execArgv: ['--no_liftoff', '--experimental-wasm-revectorize'] }, (said) => {
      (joiningCompiler(host) as JoiningCompiler).compile(empty);
      const expected = ['--no-wasm-inlining', '--no-wasm-lazy-compilation'];
      expect(said).toEqual([...expected, ...expected.map((flag) => flag.replace('no-', ''))]);
    });
  });

  it.each([
    [{ versions: { v8: '11.3.244' } }, 'V8 11.3.244 does not have them'],
    [{ versions: { v8: '13.5.1' } }, 'V8 13.5.1 does not have them'],
    [{ versions: { v8: '15.0.1' } }, 'up to 14'],
    [{ arch: 'arm64' }, 'this is arm64'],
    [{ execArgv: ['--freeze-flags-after-init'] }, 'started with --freeze'],
    [{ versions: { v8: '13.6.233', bun: '1.2.3' } }, 'only V8 in Node'],
    [{ versions: { v8: '13.6.233', deno: '2.5.0' } }, 'only V8 in Node'],
    [{ versions: { v8: '13.6.233', electron: '38.0.0' } }, 'only V8 in Node'],
    [{ getBuiltinModule: undefined }, 'only V8 in Node'],
  ])('says why not in %o', (change, reason) => {
    withProcess(change, () => {
      expect(joiningCompiler(host)).toContain(reason);
      expect(hasWideVectors()).toBe(false);
    });
  });

  it('is missing aloud', async () => {
    const said: string[] = [];
    vi.stubGlobal('process', { ...process, arch: 'arm64', execArgv: [], versions: process.versions });
    try {
      const options = { wideVectors: true, relaxedSimd: false, onFallback: (message: string) => said.push(message) };
      const backend = await wasmOn(host, options);
      expect(backend.description).toMatch(/^WebAssembly SIMD, one thread/);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(said).toEqual([expect.stringMatching(/vectors of 256 bits were asked for, and 128 bits it is: /)]);
  });
});

describe.skipIf(!isWide)(`vectors of 256 bits give the bits of vectors of 128${why}`, () => {
  it('and the backend says that they run', () => {
    expect(wide.description).toMatch(
      /^WebAssembly SIMD in vectors of 256 bits \(1\.50 × the speed of 128\), one thread/,
    );
    expect(wasmSyncOn(host, asked).description).toBe(wide.description);
    expect(refusals).toEqual([]);
    expect(hasWideVectors()).toBe(true);
  });

  it('which are used where they gain enough, and otherwise it is told', async () => {
    const said: string[] = [];
    const gaining = async (speedup: number): Promise<string> => {
      const told = { onFallback: (message: string) => void said.push(message), compareSpeed: () => speedup };
      return (await wasmOn(host, { ...asked, ...told })).description;
    };
    expect(await gaining(1.15)).toContain('256 bits (1.15 ×');
    expect(said).toEqual([]);
    expect(await gaining(1.14)).toBe(narrow.description);
    const reason = 'vectors of 256 bits gain too little here, and 128 bits it is: 1.14 × the speed';
    expect(said).toEqual([`unroll: ${reason}.`]);
  });

  it('which a timing decides', async ({ annotate }) => {
    const said: string[] = [];
    const onFallback = (message: string): void => void said.push(message);
    const { description } = await wasm({ relaxedSimd: false, wideVectors: true, onFallback });
    // Which of both it is here and now depends on what else runs.
    await annotate([description, ...said].join('\n'));
    if (description === narrow.description)
      expect(said).toEqual([expect.stringMatching(/gain too little here, .*: \d\.\d+ ×/)]);
    else expect(description).toMatch(/ 256 bits \(\d+\.\d+ × the speed of 128\), one thread/);
  });

  it('is compiled before threads start, which V8 does not bear while its flags are changed', async () => {
    const events: string[] = [];
    const set = vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => void events.push('flag'));
    const makeWorker = (): never => {
      events.push('start');
      throw new Error('none here');
    };
    const options = { threads: 2, relaxedSimd: false, makeWorker, onFallback: () => undefined };
    try {
      (await wasm({ ...options, wideVectors: true })).dispose();
      expect(events).toContain('flag');
      if (availableParallelism() > 1) expect(events.slice(events.indexOf('start'))).toEqual(['start']);
      // It goes on while they start.
      events.length = 0;
      const said: string[] = [];
      const onFallback = (message: string): void => void said.push(message);
      wasmSync({ ...options, onFallback, wideVectors: true }).dispose();
      if (availableParallelism() > 1) expect([events, said[0]]).toEqual([['start'], expect.stringContaining('await')]);
    } finally {
      set.mockRestore();
    }
  });

  it('in products', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 200 }));
    const shapes = fc.record({ m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() });
    const dtypes = fc.constantFrom('float32', 'float64');
    fc.assert(
      fc.property(shapes, dtypes, fc.nat(), ({ m, k, n, transposeA, transposeB }, dtype, seed) => {
        expectSameBits(() => {
          const rng = new Rng(seed);
          const a = rng.normal(transposeA ? [k, m] : [m, k], { dtype });
          const b = rng.normal(transposeB ? [n, k] : [k, n], { dtype });
          return [[...matmul(a, b, { transposeA, transposeB }).dataSync()]];
        });
      }),
      { numRuns: 200 },
    );
  });

  it('in loops of random cells, and in their gradients', () => {
    fc.assert(
      fc.property(problem, (each) => {
        const [actual, expected] = [wide, narrow].map((backend) =>
          solve(backend, (sizes) => new RandomCell(each.choices, sizes), each),
        );
        expectSameSolution(actual!, expected!, 0);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 100) },
    );
  }, 600_000);

  const cells = Object.entries(everyCell).flatMap(([name, make]) => [
    [name, make] as const,
    ...Object.entries(everyWrapper).map(
      ([wrapper, wrap]) =>
        [`${name} in ${wrapper}`, (options: Parameters<typeof make>[0]) => wrap(make(options), new Rng(2))] as const,
    ),
  ]);

  it.each(cells)('in training %s', (_, make) => {
    const [batch, time, size] = [6, 5, 24];
    const gradientsOf = (cell: RecurrentCell): readonly (readonly number[])[] => {
      const xs = new Parameter(new Rng(3).normal([batch, time, cell.inputSize]));
      const mask = tensor(
        Array.from({ length: batch }, (__, b) => Array.from({ length: time }, (___, t) => (t <= b ? 1 : 0))),
      );
      const { value, grads } = valueAndGrad(() => {
        const [ys, final] = scan(cell, xs.value, { mask, rng: new Rng(4) });
        return [ys, ...tensorsOf(final)].map((each) => each.cast('float32').square().sum()).reduce((a, b) => a.add(b));
      }, [...parametersOf(cell), xs]);
      return [value, ...grads].map((each) => [...each.dataSync()]);
    };
    expectSameBits(() => gradientsOf(make({ inputSize: size, hiddenSize: size, rng: new Rng(1) })));
  });
});

describe.skipIf(!isWide)(`on vectors of 256 bits${why}`, () => {
  const make = async (): Promise<WasmBackend> => wide;
  describeBackend('wasm with vectors of 256 bits', make);
});
