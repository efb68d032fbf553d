import { readFileSync } from 'node:fs';
import type { GpuFinding } from './tests/setting.ts';

/** What vitest's JSON says about the tests of one place. */
export interface Findings {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What runs the kernels, in the driver's words; undefined if the mode could not be had. */
  readonly device: string | undefined;
  readonly missing: string | undefined;
  /** All figures that tests gave, by name. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** Names and messages of what failed. */
  readonly failures: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
      readonly meta?: { readonly gpu?: GpuFinding };
    }[];
  }[];
}

/** What a report of vitest says about the GPU. */
export function findingsIn(file: string): Findings {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (...statuses: string[]): number => tests.filter(({ status }) => statuses.includes(status)).length;
  const found = tests.flatMap(({ meta }) => (meta?.gpu ? [meta.gpu] : []));
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: count('passed'),
    failed: count('failed') + unloaded.length,
    skipped: count('skipped', 'pending', 'todo'),
    device: found.flatMap((each) => (each.what === 'device' ? [each.device] : []))[0],
    missing: found.flatMap((each) => (each.what === 'missing' ? [each.reason] : []))[0],
    figures: Object.assign(
      {},
      ...found.map((each) => (each.what === 'figures' ? each.figures : {})),
    ) as Findings['figures'],
    failures: [
      ...tests
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages?.[0]?.split('\n')[0] ?? ''}`),
      ...unloaded.map(({ name, message }) => `${name}: ${message?.split('\n')[0] ?? ''}`),
    ],
  };
}
