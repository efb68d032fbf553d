import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  /** What it wrote to stdout and stderr, in order. */
  readonly output: string;
}

export interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** After so many seconds it is stopped. Default 180. */
  readonly timeout?: number;
}

const running = new Set<ChildProcess>();
let stopped = false;

/** Starts a command in a process group of its own, so that `stopAll` reaches what it starts in turn. */
export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (stopped) throw new Error('stopped');
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.on('close', () => running.delete(child));
  child.on('error', () => running.delete(child));
  return child;
}

/** Runs a command to its end and collects what it writes. */
export function execute(command: string, args: readonly string[], { cwd, env, timeout = 180 }: Where): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = start(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const timer = setTimeout(() => {
      output += `\nstopped after ${timeout} s`;
      signalGroup(child, 'SIGKILL');
    }, timeout * 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, stdout, output });
    });
  });
}

/** Runs a command and gives what it wrote to stdout; throws, with its output, if it fails. */
export async function run(command: string, args: readonly string[], where: Where): Promise<string> {
  const { code, stdout, output } = await execute(command, args, where);
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${output.trim()}`);
  return stdout;
}

/** Stops a command, and what it started in turn. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const closed = once(child, 'close');
  signalGroup(child, 'SIGKILL');
  await closed;
}

/** Stops everything that was started here, politely at first. Nothing can be started afterwards. */
export async function stopAll(): Promise<void> {
  stopped = true;
  const closed = Promise.all(Array.from(running, (child) => once(child, 'close')));
  for (const child of running) signalGroup(child, 'SIGTERM');
  const patience = setTimeout(() => {
    for (const child of running) signalGroup(child, 'SIGKILL');
  }, 3000);
  await closed;
  clearTimeout(patience);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}
