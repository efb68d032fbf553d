import { expect, it } from 'vitest';
import { describeBackend } from './describe-backend.ts';
import { naiveBackend } from './naive-backend.ts';
import type { ConformanceReport } from './report.ts';
import { suites } from './suites.ts';

let report: ConformanceReport;
describeBackend('naive, one case in ten', naiveBackend, {
  dtypes: ['float32'],
  every: 10,
  onReport: (whole) => (report = whole),
});

it('where one case in ten runs, no op is without, and the report says how many were left out', () => {
  const cases = suites.add.cases({ dtype: 'float32', dtypes: ['float32'], special: {} });
  expect(report.rows.find(({ op }) => op === 'add')!.cases).toBe(Math.ceil(cases.length / 10));
  expect(new Set(report.rows.map(({ op }) => op)).size).toBe(Object.keys(suites).length);
  expect(report.skips.map(({ name, reason }) => `${name}: ${reason}`)).toContainEqual(
    expect.stringMatching(/^\d+ cases: one in 10 of each op and dtype runs$/),
  );
});
