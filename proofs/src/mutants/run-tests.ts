import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from '../shared/checkout.ts';
import { execute } from '../shared/execute.ts';

export interface TestRun {
  readonly total: number;
  readonly failed: readonly FailedTest[];
}

export interface FailedTest {
  /** With the names of the groups that it is in. */
  readonly name: string;
  readonly message: string;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * Runs the tests in a checkout whose paths begin in one of some ways.
 * @throws Error if they do not end, or if a test file can't be loaded: that would be no failed test
 */
export async function runTests({ folder, env }: Checkout, paths: readonly string[]): Promise<TestRun> {
  const file = join(folder, 'node_modules', '.cache', 'proof-report.json');
  rmSync(file, { force: true });
  // A slow machine is no failure.
  const args = ['run', ...paths, '--testTimeout=60000', '--reporter=json', `--outputFile=${file}`];
  const vitest = join(folder, 'node_modules', '.bin', 'vitest');
  const { output } = await execute(vitest, args, {
    cwd: folder,
    env,
    timeout: 240,
  });
  const report = readReport(file, output);
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  if (tests.length === 0) throw new Error(`There are no tests in ${paths.join(', ')}.`);
  const unloaded = report.testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  if (unloaded) throw new Error(`${unloaded.name} can't be loaded:\n${unloaded.message}`);
  const failed = tests
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') }));
  return { total: tests.length, failed };
}

function readReport(file: string, output: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`vitest did not come to its end:\n${output.trim()}`);
  }
}
