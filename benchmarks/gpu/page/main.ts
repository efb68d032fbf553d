// The page: libraries are made when they are first asked for, and each keeps its task until it gets the next.
import type { GpuWork } from '../workloads.ts';
import type { PageContestant, PageTask } from './contestant.ts';

/** What Node calls in the page. */
export interface PageBench {
  /** Gets ready, and does the work for the first time, compiling included. */
  prepare(impl: string, work: GpuWork, checks: number): Promise<Prepared>;
  /** Milliseconds for the work, once more. */
  run(impl: string): Promise<number>;
}

export interface Prepared {
  readonly about: string;
  /** What the first runs gave. */
  readonly check: readonly number[];
  readonly firstMilliseconds: number;
}

const contestants = new Map<string, Promise<PageContestant>>();
const tasks = new Map<string, PageTask>();

const bench: PageBench = {
  prepare: async (impl, work, checks) => {
    let contestant = contestants.get(impl);
    if (!contestant) contestants.set(impl, (contestant = make(impl)));
    const { about, prepare } = await contestant;
    tasks.get(impl)?.dispose();
    const task = prepare(work);
    tasks.set(impl, task);
    const start = performance.now();
    const check = [...(await task.run())];
    const firstMilliseconds = performance.now() - start;
    for (let i = 1; i < checks; i++) check.push(...(await task.run()));
    return { about, check, firstMilliseconds };
  },
  run: async (impl) => {
    const task = tasks.get(impl)!;
    const start = performance.now();
    await task.run();
    return performance.now() - start;
  },
};
Object.assign(globalThis, { bench });

async function make(impl: string): Promise<PageContestant> {
  const device = impl.slice(impl.indexOf('-') + 1);
  if (impl.startsWith('tfjs-')) return (await import('./tfjs.mjs')).tfjs(device);
  if (impl.startsWith('jax-')) return (await import('./jax.mjs')).jax(device);
  const { unroll } = await import('./unroll.ts');
  return unroll(device);
}
