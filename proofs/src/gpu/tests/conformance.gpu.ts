// The contract of `@unroll/backend`, op by op.
import type { ConformanceReport } from '@unroll/backend/conformance';
import { describeBackend } from '@unroll/backend/conformance';
import { describe, expect, it } from 'vitest';
import { full, missing, mode, theBackend, title } from './setting.ts';

const onHost = mode === 'cpu' || mode === 'webasm';

describe.skipIf(missing)(`ops on ${title}`, () => {
  let report: ConformanceReport;
  describeBackend(title, theBackend, {
    dtypes: ['float32', 'int32'],
    // Shading languages promise neither the smallest numbers nor more of exp than 3 + 2 |x| units in the last place (WGSL, Vulkan).
    special: { largestInteger: 2 ** 24, largestAngle: 10_000, ...(onHost ? {} : { subnormal: false }) },
    ...(onHost ? {} : { tolerances: { exp: { float32: { relative: 4e-6, absolute: 0 } } } }),
    every: full ? 1 : 8,
    onReport: (whole) => (report = whole),
  });

  it('are told, with their errors', ({ task }) => {
    const rows = report.rows.map(({ op, dtype, cases, failed, worst }) => ({ op, dtype, cases, failed, worst }));
    expect(rows.length).toBeGreaterThan(40);
    task.meta.gpu = { what: 'figures', mode, figures: { ops: rows, skips: report.skips } };
  });
});
