import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MARK, type Task, type Times } from './contestants/contestant.ts';
import type { Implementation } from './implementations.ts';
import { install, plainEnvironment, stage, writeStart } from './stage.ts';

export interface Ready {
  readonly about: string;
  readonly check: readonly number[];
}

const running = new Set<ContestantProcess>();

/** Ends all that still run. */
export function stopAll(): void {
  for (const each of running) each.stop();
}

/** A contestant in a process of its own. It waits, without work, between the rounds. */
export class ContestantProcess {
  readonly #child: ChildProcess;
  #answered: ((answer: unknown) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #errors = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(this);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.startsWith(MARK)) this.#answered?.(JSON.parse(line.slice(MARK.length)));
    });
    child.on('error', (error) => this.#failed?.(error));
    child.on('close', (code, signal) => {
      running.delete(this);
      const last = this.#errors.trim().split('\n').at(-1) ?? '';
      this.#failed?.(new Error(`ended with ${signal ?? code}${last === '' ? '' : `: ${last}`}`));
    });
  }

  /** Starts a contestant; resolves when it has shown its check, or fails after `limit` seconds. */
  static async start(
    implementation: Implementation,
    task: Task,
    { node, limit }: { readonly node: string; readonly limit: number },
  ): Promise<readonly [process: ContestantProcess, ready: Ready]> {
    const packages = Object.keys(implementation.packages);
    const folder = stage(packages.length === 0 ? 'unroll' : packages[0]!.replaceAll('/', '-'));
    await install(folder, implementation.packages);
    const isPython = implementation.module.endsWith('.py');
    const program = join(folder, implementation.module.replace(/\.m?[jt]s$/, '.js'));
    // Flags that say where packages are found apply to contestants too.
    const given = process.execArgv.filter((flag) => flag.startsWith('--conditions'));
    const flags = [...given, ...(implementation.flags ?? [])];
    const [command, ...args] = isPython
      ? ['/usr/bin/python3', program, writeStart(task.workload)]
      : [node, ...flags, join(folder, 'serve.js'), program];
    const child = spawn(command, [...args, JSON.stringify(task)], {
      env: plainEnvironment(implementation.threads),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const contestant = new ContestantProcess(child);
    const ready = contestant.#answer<Ready>(limit);
    return [contestant, await ready];
  }

  /** Lets it do its work so many times; milliseconds for one. */
  run(times: number, limit: number): Promise<Times> {
    this.#child.stdin!.write(`${times}\n`);
    return this.#answer<Times>(limit);
  }

  stop(): void {
    running.delete(this);
    this.#child.kill('SIGKILL');
  }

  #answer<Answer extends object>(limit: number): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => this.#failed?.(new Error(`no answer within ${limit} s`)), limit * 1000);
      const end = (): void => {
        clearTimeout(timer);
        this.#answered = undefined;
        this.#failed = undefined;
      };
      this.#failed = (error) => {
        end();
        this.stop();
        reject(error);
      };
      this.#answered = (answer) => {
        end();
        const result = answer as Answer | { readonly error: string };
        if ('error' in result) reject(new Error(result.error));
        else resolve(result);
      };
    });
  }
}
