import { agrees } from '../statistics.ts';
import type { Browser } from './browser.ts';
import { CONTESTANTS } from './contestants.ts';
import type { PageBench } from './page/main.ts';
import type { GpuWorkload } from './workloads.ts';

/** What was seen of a contestant at a workload. Milliseconds by the clock on the wall. */
export interface GpuRow {
  readonly workload: string;
  readonly impl: string;
  about: string;
  /** Of the first run, in which kernels are compiled. */
  first: number | undefined;
  /** By round. */
  readonly times: (number | undefined)[];
  check: readonly number[];
  sameWork: boolean | undefined;
  error: string | undefined;
}

export interface CompeteOptions {
  readonly rounds: number;
  /** Milliseconds after which a contestant leaves out further rounds, or, before the first, drops out. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Losses, and numbers of products of sines, in float32 on various devices. */
const TOLERANCE = 5e-4;

/** All contestants get ready in one page, and then take turns; whoever fails or takes too long is left out with the reason. */
export async function compete(
  browser: Browser,
  { name, work, ownOnly = false }: GpuWorkload,
  impl: ReadonlySet<string>,
  { rounds, patience, signal, progress }: CompeteOptions,
): Promise<readonly GpuRow[]> {
  const those = CONTESTANTS.filter((each) => impl.has(each.name) && (each.own || !ownOnly));
  const rows = those.map(({ name: each }) => emptyRow(name, each));
  let page = await browser.open();
  const ready = new Set<GpuRow>();
  const prepare = async (row: GpuRow): Promise<void> => {
    const prepared = await within(patience, () =>
      page.evaluate(
        ([who, what, checks]) => (Reflect.get(globalThis, 'bench') as PageBench).prepare(who, what, checks),
        // Two losses show the first training step.
        [row.impl, work, work.kind === 'train' ? 2 : 1] as const,
      ),
    );
    Object.assign(row, { about: prepared.about, check: prepared.check, first: prepared.firstMilliseconds });
    ready.add(row);
  };
  const reopen = async (): Promise<void> => {
    page = await browser.open();
    const again = [...ready];
    ready.clear();
    for (const row of again) await attempt(row, () => prepare(row));
  };
  const attempt = async (row: GpuRow, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      ready.delete(row);
      row.error = error instanceof TimeError ? error.message : messageOf(error);
      progress(`${name} ${row.impl}: ${row.error}`);
      // What does not answer holds the page.
      if (error instanceof TimeError) await reopen();
    }
  };
  for (const row of rows) {
    if (signal.aborted) break;
    await attempt(row, () => prepare(row));
    if (row.first !== undefined) progress(`${name} ${row.impl}: ready in ${Math.round(row.first)} ms`);
  }
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    progress(`${name} round ${round + 1} of ${rounds}`);
    for (const row of rows) {
      const used = row.times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
      if (!ready.has(row) || used > patience / 4) {
        row.times.push(undefined);
        continue;
      }
      await attempt(row, async () => {
        row.times.push(
          await within(patience, () =>
            page.evaluate((who) => (Reflect.get(globalThis, 'bench') as PageBench).run(who), row.impl),
          ),
        );
      });
    }
  }
  const reference =
    rows.find((row) => row.impl === 'unroll-wasm' && row.check.length > 0) ?? rows.find((row) => row.check.length > 0);
  for (const row of rows) row.sameWork = reference && agrees(row.check, reference.check, TOLERANCE);
  return rows;
}

function emptyRow(workload: string, impl: string): GpuRow {
  return { workload, impl, about: '', first: undefined, times: [], check: [], sameWork: undefined, error: undefined };
}

/** @throws TimeError if it takes longer */
async function within<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = Math.round(milliseconds / 1000);
    timer = setTimeout(() => reject(new TimeError(`no answer in ${seconds} s`)), milliseconds);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

class TimeError extends Error {}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^page\.evaluate: /, '')
    .split('\n')[0]!
    .slice(0, 200);
}
