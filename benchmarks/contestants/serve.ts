// The process of one contestant: gets ready, says so, and runs as often as each line from stdin says.
// Usage: node serve.js <module> <task as JSON>
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { type Contestant, type ContestantModule, MARK, type Task, type Times } from './contestant.ts';

/**
 * Milliseconds of work before the watch starts. A contestant sleeps while the others have their turns, and whatever slept is slow at
 * first: its processors clock up, threads and caches have to be there again.
 */
const AWAKE = 100;
/** Milliseconds of one `run(1)`, when that is known. */
let ofOneRun = Number.POSITIVE_INFINITY;

const [, , file, task] = process.argv;
const answer = (value: unknown): boolean => process.stdout.write(`\n${MARK}${JSON.stringify(value)}\n`);

try {
  const implementation: ContestantModule = await import(pathToFileURL(file!).href);
  const contestant = await implementation.setUp(JSON.parse(task!) as Task);
  answer({ about: contestant.about, check: contestant.check });
  for await (const line of createInterface({ input: process.stdin })) {
    answer(await turn(contestant, Number(line)));
  }
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
// A library may hold the process with workers of its own.
process.exit();

async function turn({ run, measure, share = 1 }: Contestant, count: number): Promise<Times> {
  if (measure) return measure(count);
  // Who takes longer than that has most of its time behind it when it is awake.
  if (ofOneRun < AWAKE) for (const start = performance.now(); performance.now() - start < AWAKE;) await run?.(1);
  const used = process.cpuUsage();
  const start = performance.now();
  await run?.(count);
  const wall = performance.now() - start;
  ofOneRun = wall / count;
  const { user, system } = process.cpuUsage(used);
  return { wall: ofOneRun / share, cpu: (user + system) / 1000 / count / share };
}
