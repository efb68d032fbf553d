import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from '../shared/checkout.ts';
import { execute } from '../shared/execute.ts';

export interface TestRun {
  readonly total: number;
  /** The full names of the failed tests. */
  readonly failed: readonly string[];
}

interface Report {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Runs the tests of some projects in a checkout.
 * @throws Error if they do not end, or if a test file can't be loaded: that would be no failed test
 */
export async function runTests({ folder, env }: Checkout, projects: readonly string[]): Promise<TestRun> {
  const file = join(folder, 'node_modules', '.cache', 'proof-report.json');
  rmSync(file, { force: true });
  const args = ['run', ...projects.flatMap((project) => ['--project', project])];
  const vitest = join(folder, 'node_modules', '.bin', 'vitest');
  const { output } = await execute(vitest, [...args, '--reporter=json', `--outputFile=${file}`], {
    cwd: folder,
    env,
    timeout: 120,
  });
  const report = readReport(file, output);
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const unloaded = report.testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  if (unloaded) throw new Error(`${unloaded.name} can't be loaded:\n${unloaded.message}`);
  const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  return { total: tests.length, failed };
}

function readReport(file: string, output: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`vitest did not come to its end:\n${output.trim()}`);
  }
}
