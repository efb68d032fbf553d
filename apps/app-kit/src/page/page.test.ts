import { describe, expect, it } from 'vitest';
import type { FitEvent, FitSummary } from '@unroll/training';
import { natsAndBits } from '../report/format.ts';
import { escapeHtml, html } from './html.ts';
import { pageOf, passages } from './page.ts';
import { RunRecord, isSavedRecord } from './run-record.ts';
import { type RunReportOptions, runReport } from './run-report.ts';

const evil = `</pre><script>alert("x")</script> 'n' & so`;

function recordOf(steps: number): RunRecord {
  const record = new RunRecord();
  for (let step = 1; step <= steps; step++) {
    record.take({ type: 'step', step, loss: 1 / step, seconds: 0.1, gradientNorm: 1, learningRate: 1 });
    if (step % 10 === 0) record.take({ type: 'validation', step, loss: 2 / step, best: true });
    if (step % 5 === 0) record.take({ type: 'sample', step, text: `${step} ${evil}` });
  }
  return record;
}

const end: FitSummary = { step: 40, reason: 'steps', seconds: 4, best: { step: 40, loss: 0.05 } };

const report = (more: Partial<RunReportOptions> = {}): string =>
  runReport({
    kind: 'app',
    program: '@unroll/app 1.2.3',
    data: { name: evil, length: 1000, sha256: 'abc' },
    settings: { prime: evil, seed: '7' },
    command: `app train ${evil}`,
    record: recordOf(40),
    measure: { unit: 'words', describe: natsAndBits, brief: natsAndBits },
    parameters: 12_345,
    backend: 'cpu',
    end,
    seconds: 75,
    ...more,
  });

describe('html', () => {
  it('escapes texts, in attributes too, and takes HTML as it is', () => {
    expect(html`<a title="${'"<&>\''}">${[html`<b>${1}</b>`, html`${'<'}`]}</a>`.source).toBe(
      '<a title="&#34;&#60;&#38;&#62;&#39;"><b>1</b>\n&#60;</a>',
    );
    expect(escapeHtml('plain é 😀')).toBe('plain é 😀');
  });
});

describe('a page', () => {
  it('holds nothing that runs or is fetched, whatever texts it shows', () => {
    const page = report();
    expect(page).not.toMatch(/<script|<link|<iframe|\bsrc=|\bhref=|@import|url\(|javascript:/i);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(page).toMatch(/Content-Security-Policy"\s+content="default-src 'none'/);
    expect(page).toContain(escapeHtml(evil));
  });

  it('fits phones, the light and the dark', () => {
    const page = pageOf({ title: 'a', lead: 'b', sections: [passages('c', [['d', 'e\n f']])] });
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"');
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('<pre>e\n f</pre>');
  });

  it('shows the line end that a text begins with', () => {
    expect(passages('c', [['d', '\ne']]).source).toContain('<pre>\n\ne</pre>');
  });
});

describe('the report of a run', () => {
  it('tells curves, samples, settings, seed, data, environment and time', () => {
    const page = report();
    for (const each of ['Training and validation', 'After step 40', 'SHA-256', 'abc', 'prime', 'Seed', '>7<']) {
      expect(page).toContain(each);
    }
    for (const each of ['12,345', '1:15', process.versions.node, '0.050 nats', 'ended at step 40']) {
      expect(page).toContain(each);
    }
    expect(page.match(/<svg /g)).toHaveLength(1);
  });

  it('draws a score apart from the loss, and the pictures of the app', () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>';
    const page = report({
      measure: {
        unit: 'words',
        describe: natsAndBits,
        brief: natsAndBits,
        score: { name: 'accuracy', of: (loss) => 1 - loss },
      },
      pictures: [{ title: 'A map', svg, caption: 'What is to be seen.' }],
    });
    expect(page.match(/<svg /g)).toHaveLength(3);
    for (const each of ['Accuracy', 'A map', svg, 'What is to be seen.']) expect(page).toContain(each);
  });

  it('is there for a run without a validation, a sample or a step', () => {
    expect(report({ record: new RunRecord(), end: { step: 0, reason: 'aborted', seconds: 0 } })).toContain(
      'stopped by the user at step 0',
    );
  });
});

describe('RunRecord', () => {
  it('goes on from what was saved as if it had never been', () => {
    const whole = recordOf(2000);
    const events: FitEvent[] = [];
    for (let step = 1; step <= 2000; step++) {
      events.push({ type: 'step', step, loss: 1 / step, seconds: 0.1, gradientNorm: 1, learningRate: 1 });
      if (step % 10 === 0) events.push({ type: 'validation', step, loss: 2 / step, best: true });
      if (step % 5 === 0) events.push({ type: 'sample', step, text: `${step} ${evil}` });
    }
    let parts = new RunRecord();
    for (const [i, event] of events.entries()) {
      if (i % 777 === 0) parts = new RunRecord(JSON.parse(JSON.stringify(parts)));
      parts.take(event);
    }
    expect(parts.toJSON()).toEqual(whole.toJSON());
  });

  it('keeps few losses and samples of any run, the last sample among them', () => {
    const { losses, samples } = recordOf(9000);
    expect(losses.points.length).toBeLessThan(512);
    expect(losses.points[0]![0]).toBeCloseTo(8.5 * 2, -2);
    expect(samples.length).toBeLessThanOrEqual(12);
    expect(samples.at(-1)!.step).toBe(9000);
  });

  it('keeps the best, the first and the last validation of any run, and the shape of its curve', () => {
    const record = new RunRecord();
    // Falls, has a narrow peak, and rises slowly after its best.
    const lossAt = (step: number): number => (step === 3000 ? 9 : Math.abs(step - 7001) / 7001 + 1);
    for (let step = 1; step <= 10_000; step++)
      record.take({ type: 'validation', step, loss: lossAt(step), best: false });
    const { validations } = record;
    expect(validations.length).toBeLessThanOrEqual(512);
    expect([validations[0]!.step, validations.at(-1)!.step]).toEqual([1, 10_000]);
    expect(Math.min(...validations.map(({ loss }) => loss))).toBe(1);
    expect(Math.max(...validations.map(({ loss }) => loss))).toBe(9);
    for (let step = 1; step <= 10_000; step += 7) {
      const at = validations.findIndex((each) => each.step >= step);
      const [before, after] = [validations[Math.max(0, at - 1)]!, validations[at]!];
      const share = after.step === before.step ? 0 : (step - before.step) / (after.step - before.step);
      expect(before.loss + share * (after.loss - before.loss)).toBeCloseTo(lossAt(step), 2);
    }
    expect(new RunRecord(JSON.parse(JSON.stringify(record))).validations).toEqual(validations);
  });

  it('knows what is none', () => {
    expect(isSavedRecord(recordOf(20).toJSON())).toBe(true);
    for (const none of [undefined, null, {}, { losses: {}, validations: [], samples: [] }, [], 'x']) {
      expect(isSavedRecord(none)).toBe(false);
    }
  });
});
