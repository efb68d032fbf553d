import { describe, expect, it } from 'vitest';
import { ConformanceReport } from './report.ts';

function example(): ConformanceReport {
  const report = new ConformanceReport({ name: 'mine' });
  const exp = { op: 'exp', dtype: 'float32', tolerance: { relative: 1e-6, absolute: 0 } } as const;
  report.add({ ...exp, title: '[3]', worst: 1e-8, used: 0.01 });
  report.add({ ...exp, title: '[67, 129]', worst: 4e-7, used: 0.4 });
  const neg = { op: 'neg', dtype: 'float32', tolerance: { relative: 0, absolute: 0 } } as const;
  report.add({ ...neg, title: '[3]', worst: 0, used: 0 });
  report.add({ ...neg, title: '[4]', worst: Infinity, used: Infinity, failure: 'element [0] is 1 | instead of -1' });
  report.skip('scatterAdd', 'no atomics');
  report.skip('scatterAdd', 'no atomics');
  return report;
}

describe('a conformance report', () => {
  it('adds up cases by op and dtype, and names the worst', () => {
    expect(example().rows).toEqual([
      expect.objectContaining({ op: 'exp', cases: 2, failed: 0, worst: 4e-7, used: 0.4, worstCase: '[67, 129]' }),
      expect.objectContaining({ op: 'neg', cases: 2, failed: 1, worstCase: '[4]' }),
    ]);
  });

  it('is a table of errors against tolerances, with skips and their reasons once each', () => {
    expect(String(example()).split('\n')).toEqual([
      'mine: 2 ops, 4 cases, 1 failed, 1 skipped',
      'op   dtype    cases  failed  worst error  allowed     of its tolerance  on',
      'exp  float32  2      0       4.0e-7       1.0e-6·|x|  40 %              [67, 129]',
      'neg  float32  2      1       wrong        exact       wrong             [4]',
      'skipped: scatterAdd (no atomics)',
    ]);
  });

  it('is Markdown too, whole and case by case', () => {
    const markdown = example().toMarkdown();
    expect(markdown).toContain('| exp | float32 | 2 | 0 | 4.0e-7 | 1.0e-6·\\|x\\| | 40 % | [67, 129] |');
    expect(markdown).toContain('| scatterAdd | no atomics |');
    expect(example().casesToMarkdown()).toContain(
      '| neg | float32 | [4] | wrong | wrong | element [0] is 1 \\| instead of -1 |',
    );
  });
});
