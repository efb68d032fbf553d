import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  /** What it wrote to stdout and stderr, in order. */
  readonly output: string;
}

/** Runs a command to its end and collects what it writes; after `timeout` seconds (default 120) it is stopped. */
export function execute(
  command: string,
  args: readonly string[],
  { cwd, timeout = 120 }: { cwd: string; timeout?: number },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeout * 1000 });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\nstopped by ${signal} (limit: ${timeout} s)`;
      resolve({ code: code ?? 1, stdout, output });
    });
  });
}

/** Maps with as many calls under way as there are cores; results keep the order of the items. */
export async function mapConcurrently<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}
