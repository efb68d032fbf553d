// The process of one contestant: gets ready, says so, and runs as often as each line from stdin says.
// Usage: node serve.js <module> <task as JSON>
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { type Contestant, type ContestantModule, MARK, type Task, type Times } from './contestant.ts';

const [, , file, task] = process.argv;
const answer = (value: unknown): boolean => process.stdout.write(`\n${MARK}${JSON.stringify(value)}\n`);

try {
  const implementation: ContestantModule = await import(pathToFileURL(file!).href);
  const contestant = await implementation.setUp(JSON.parse(task!) as Task);
  answer({ about: contestant.about, check: contestant.check });
  for await (const line of createInterface({ input: process.stdin })) {
    answer(await times(contestant, Number(line)));
  }
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
// A library may hold the process with workers of its own.
process.exit();

async function times({ run, measure, share = 1 }: Contestant, count: number): Promise<Times> {
  if (measure) return measure(count);
  const used = process.cpuUsage();
  const start = performance.now();
  await run?.(count);
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { wall: wall / count / share, cpu: (user + system) / 1000 / count / share };
}
