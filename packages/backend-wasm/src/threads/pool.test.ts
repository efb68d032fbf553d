import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { i32, store } from '../assembler/instructions.ts';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import { type WasmFunction, engine } from '../engine.ts';
import { HEAP } from '../kernels/static-area.ts';
import { Memory } from '../memory/memory.ts';
import type { SharedJob } from './contention.ts';
import { cores } from './platform.ts';
import { Pool, type PoolOptions, reservedBytes } from './pool.ts';
import { UNCLAIMED } from './protocol.ts';
import type { Call, Part } from './threads.ts';

const host = engine()!;
const pools: Pool[] = [];
afterEach(() => pools.splice(0).forEach((pool) => pool.dispose()));

interface Setup {
  readonly memory: Memory;
  readonly pool: Pool;
  readonly said: string[];
  /** A part that comes to an end once a worker has begun the last one of two. */
  readonly untilClaimed: Part;
  /** The functions of a module, known to all threads. */
  readonly load: (build: (module: ModuleBuilder) => void) => Readonly<Record<string, WasmFunction>>;
}

async function setUp(options: Partial<PoolOptions> = {}): Promise<Setup> {
  const workers = options.workers ?? 1;
  const memory = new Memory(host, 2 ** 28, { shared: true, reservedBytes: reservedBytes(workers) });
  const said: string[] = [];
  const onFewer = (message: string): void => void said.push(message);
  const pool = new Pool({ memory, start: HEAP, parts: 2, workers, makeWorker: undefined, onFewer, ...options });
  pools.push(pool);
  await pool.ready();
  const { linear } = memory;
  const words = new Int32Array(linear.memory.buffer, HEAP);
  const wait = (): number => {
    for (let range = 1; (range & 0xffff) < range >>> 16 || range === 1;) range = Atomics.load(words, UNCLAIMED);
    return 0;
  };
  return {
    memory,
    pool,
    said,
    untilClaimed: [{ kernel: wait, values: [] }],
    load: (build) => {
      const module = new ModuleBuilder();
      module.importMemory(linear.limits);
      build(module);
      const { bytes } = module;
      const imports = { env: { memory: linear.memory, scratch: 4096 } };
      const { exports } = new host.Instance(new host.Module(bytes), imports);
      pool.add(bytes, exports);
      return exports as Readonly<Record<string, WasmFunction>>;
    },
  };
}

/** write(at, value) */
function writes(module: ModuleBuilder): void {
  const write = module.function({ at: 'i32', value: 'i32' }, [], (f, { at, value }) => f.do(store.i32(at, value)));
  module.export('write', write);
}

/** countTo(at, end): leaves end - 1 there, after a while. */
function counts(module: ModuleBuilder): void {
  const counting = module.function({ at: 'i32', end: 'i32' }, [], (f, { at, end }) => {
    const count = f.local('i32');
    f.for(count, end, 1, () => f.do(store.i32(at, count)));
  });
  module.export('countTo', counting);
}

// Here workers run the sources as they are.
describe.skipIf(!process.features.typescript)('Pool (skipped where Node does not run TypeScript)', () => {
  it('runs every part once, in this thread and in others', async () => {
    const { memory, pool, load } = await setUp({ parts: 5, workers: 2 });
    const { write } = load((module) => {
      const add = module.function({ at: 'i32', value: 'i32' }, [], (f, { at, value }) =>
        f.do(store.i32(at, i32.add(i32.load(at), value))),
      );
      module.export('write', add);
    });
    const { address } = memory.reserve(5 * 64);
    for (let i = 0; i < 5; i++) memory.linear.int32[address / 4 + i * 16] = 0;
    for (let job = 1; job <= 2000; job++) {
      pool.run(Array.from({ length: 5 }, (_, i) => [{ kernel: write!, values: [address + i * 64, i] }]));
    }
    const sums = Array.from({ length: 5 }, (_, i) => memory.linear.int32[address / 4 + i * 16]);
    expect(sums).toEqual([0, 2000, 4000, 6000, 8000]);
  });

  it('gives a worker its part, with memory that came later', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { write } = load(writes);
    const { address } = memory.reserve(2 ** 25);
    const last = address + 2 ** 25 - 4;
    pool.run([untilClaimed, [{ kernel: write!, values: [last, 42] }]]);
    expect(memory.linear.int32[last / 4]).toBe(42);
  });

  it('tells workers apart from this thread by the place that their kernels have to themselves', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { tell } = load((module) => {
      const scratch = module.importConstant('scratch', 'i32');
      const tellIt = module.function({ at: 'i32' }, [], (f, { at }) => f.do(store.i32(at, scratch)));
      module.export('tell', tellIt);
    });
    const { address } = memory.reserve(4);
    tell!(address);
    const own = memory.linear.int32[address / 4];
    pool.run([untilClaimed, [{ kernel: tell!, values: [address] }]]);
    expect(memory.linear.int32[address / 4]).not.toBe(own);
  });

  it('throws what goes wrong in a worker, and works on', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { write } = load(writes);
    const beyond: Call = { kernel: write!, values: [2 ** 31, 1] };
    expect(() => pool.run([untilClaimed, [beyond]])).toThrow(
      expect.objectContaining({ code: 'WORKER_FAILED', message: expect.stringContaining('out of bounds') }),
    );
    const { address } = memory.reserve(4);
    pool.run([untilClaimed, [{ kernel: write!, values: [address, 7] }]]);
    expect(memory.linear.int32[address / 4]).toBe(7);
  });

  it('throws what goes wrong in this thread when the others are done, and works on', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { write } = load(writes);
    const { address } = memory.reserve(4);
    const fail = (): number => {
      throw new RangeError('on purpose');
    };
    const written: Part = [{ kernel: write!, values: [address, 8] }];
    expect(() => pool.run([[...untilClaimed, { kernel: fail, values: [] }], written])).toThrow('on purpose');
    expect(memory.linear.int32[address / 4]).toBe(8);
    expect(() => pool.run([[{ kernel: fail, values: [] }], written])).toThrow('on purpose');
    pool.run([untilClaimed, [{ kernel: write!, values: [address, 9] }]]);
    expect(memory.linear.int32[address / 4]).toBe(9);
  });

  it('forgets what went wrong in a worker where this thread failed too: the next job is another one', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { write } = load(writes);
    const fail = (): number => {
      throw new RangeError('on purpose');
    };
    const beyond: Part = [{ kernel: write!, values: [2 ** 31, 1] }];
    expect(() => pool.run([[...untilClaimed, { kernel: fail, values: [] }], beyond])).toThrow('on purpose');
    const { address } = memory.reserve(4);
    pool.run([untilClaimed, [{ kernel: write!, values: [address, 9] }]]);
    expect(memory.linear.int32[address / 4]).toBe(9);
  });

  it('has what was posted done before anything else runs, and before anybody learns where memory lies', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { countTo, write } = load((module) => {
      writes(module);
      counts(module);
    });
    const buffer = memory.make({ shape: [1], dtype: 'int32' });
    const { address } = memory.reserve(64);
    const nothing: Part = [{ kernel: write!, values: [address + 32, 0] }];
    const gates: readonly (() => unknown)[] = [
      () => memory.address(buffer),
      () => memory.withScratch(8, () => 0),
      () => memory.derived(buffer, 'panels', 8),
      () => memory.reserve(8),
      () => memory.download(buffer),
      () => pool.run([nothing]),
      () => pool.run([nothing, nothing]),
      () => pool.post([nothing]),
      () => pool.settle(),
    ];
    for (let i = 0; i < 20 * gates.length; i++) {
      pool.post([untilClaimed, [{ kernel: countTo!, values: [address, 200_000 + i] }]]);
      gates[i % gates.length]!();
      expect(memory.linear.int32[address / 4]).toBe(200_000 + i - 1);
    }
  });

  it('refuses all that follows once something went wrong in a worker with what was posted: somebody has what nobody has written', async () => {
    const { memory, pool, untilClaimed, load } = await setUp();
    const { write } = load(writes);
    const buffer = memory.make({ shape: [1], dtype: 'int32' });
    pool.post([untilClaimed, [{ kernel: write!, values: [2 ** 31, 1] }]]);
    const failed = expect.objectContaining({
      code: 'WORKER_FAILED',
      message: expect.stringContaining('out of bounds'),
    });
    for (let i = 0; i < 3; i++) expect(() => memory.download(buffer)).toThrow(failed);
    expect(() => pool.post([untilClaimed])).toThrow(failed);
    memory.free(buffer);
    pool.dispose();
  });

  it('gives up a worker that does not come to an end', async () => {
    const { pool, untilClaimed, load } = await setUp({ patience: 50 });
    const { hang } = load((module) => {
      const forever = module.function({ on: 'i32' }, [], (f, { on }) => f.while(on, () => {}));
      module.export('hang', forever);
    });
    const hanging: Part = [{ kernel: hang!, values: [1] }];
    expect(() => pool.run([untilClaimed, hanging])).toThrow(expect.objectContaining({ code: 'WORKER_FAILED' }));
    expect(pool.threads).toBe(1);
  });

  it('does all parts here where no worker is to be asked, and says once that they did not help', async () => {
    const noted: string[] = [];
    const note = ({ length }: readonly Part[], of: string): boolean => {
      noted.push(`${of} of ${length}`);
      return true;
    };
    const contention = {
      asksWorkers: true,
      noteShared: ({ parts, ownParts, ownTime, time }: SharedJob) => {
        expect(ownTime).toBeGreaterThan(0);
        expect(time).toBeGreaterThanOrEqual(ownTime);
        return note(parts, `shared, ${ownParts} here`);
      },
      noteAlone: (parts: readonly Part[], time: number) => {
        expect(time).toBeGreaterThan(0);
        return note(parts, 'alone');
      },
    };
    const { memory, pool, said, untilClaimed, load } = await setUp({ contention });
    const { countTo } = load(counts);
    const { address } = memory.reserve(64);
    const counted: Part = [{ kernel: countTo!, values: [address, 1e6] }];
    let here = 0;
    const seen: Part = [{ kernel: () => ++here, values: [] }];
    expect(pool.run([untilClaimed, counted])).toEqual([0, 0]);
    contention.asksWorkers = false;
    expect(pool.run([seen, seen, counted])).toEqual([1, 2, 0]);
    pool.post([seen, counted]);
    expect(here).toBe(3);
    // No matter who is asked.
    pool.run([seen]);
    contention.asksWorkers = true;
    pool.post([untilClaimed, counted]);
    pool.settle();
    const shared = 'shared, 1 here of 2';
    expect(noted).toEqual([shared, 'alone of 3', 'alone of 2', shared]);
    expect(said).toEqual([expect.stringMatching(/^jobs take no less time with more threads/)]);
  });

  it('goes on without a worker that ended, and says so', async () => {
    const made: Worker[] = [];
    const makeWorker = (): Worker => {
      made.push(new Worker(new URL('worker.ts', import.meta.url), { execArgv: [] }));
      return made.at(-1)!;
    };
    const { memory, pool, said, load } = await setUp({ makeWorker });
    const { write } = load(writes);
    await made[0]!.terminate();
    await vi.waitFor(() => expect(pool.threads).toBe(1));
    expect(said).toEqual([expect.stringContaining('a worker ended')]);
    const { address } = memory.reserve(8);
    pool.run([0, 4].map((at) => [{ kernel: write!, values: [address + at, 5] }]));
    expect([...memory.linear.int32.subarray(address / 4, address / 4 + 2)]).toEqual([5, 5]);
  });

  it('goes on without a worker that does not start, and says why', async () => {
    const makeWorker = (): Worker => new Worker(new URL('not-there.ts', import.meta.url), { execArgv: [] });
    const { pool, said } = await setUp({ makeWorker });
    expect(pool.threads).toBe(1);
    expect(said).toEqual([expect.stringMatching(/a worker ended \(.*not-there/)]);
  });

  it('ends its workers when it is disposed', async () => {
    const made: Worker[] = [];
    const makeWorker = (): Worker => {
      made.push(new Worker(new URL('worker.ts', import.meta.url), { execArgv: [] }));
      return made.at(-1)!;
    };
    const { pool, said } = await setUp({ workers: 2, parts: 3, makeWorker });
    const ended = Promise.all(made.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    pool.dispose();
    await ended;
    expect(said).toEqual([]);
  });

  it('ends its workers when nobody refers to it any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ended: Worker[] = [];
    const makeWorker = (): Worker => {
      const worker = new Worker(new URL('worker.ts', import.meta.url), { execArgv: [] });
      worker.once('exit', () => ended.push(worker));
      return worker;
    };
    const drop = async (): Promise<void> => {
      const memory = new Memory(host, 2 ** 24, { shared: true, reservedBytes: reservedBytes(1) });
      const pool = new Pool({ memory, start: HEAP, parts: 2, workers: 1, makeWorker, onFewer: () => undefined });
      await pool.ready();
    };
    await drop();
    for (let tries = 0; tries < 200 && ended.length === 0; tries++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(ended).toHaveLength(1);
  });

  it('counts cores', () => {
    expect(cores()).toBeGreaterThanOrEqual(1);
  });
});
