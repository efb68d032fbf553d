import { describe, expect, it } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import { Recorded } from '../testing.ts';
import { Budget } from '../budget.ts';
import { count, duration, natsAndBits } from './format.ts';
import { PlainReport } from './plain-report.ts';
import { type Measure, Progress } from './progress.ts';
import { History, sparkline } from './sparkline.ts';
import { TerminalReport } from './terminal-report.ts';

const measure: Measure = {
  unit: 'characters',
  describe: natsAndBits,
  brief: (nats) => `${(nats / Math.LN2).toFixed(3)} bits`,
};

const step = (step: number, loss: number, seconds = 0.1) =>
  ({ type: 'step', step, loss, seconds, gradientNorm: 1, learningRate: 1 }) as const;

describe('numbers for people', () => {
  it('are short', () => {
    expect([count(1234567.6), count(12)]).toEqual(['1,234,568', '12']);
    expect([0, 9.6, 75, 3599.7, 3661].map(duration)).toEqual(['0:00', '0:10', '1:15', '1:00:00', '1:01:01']);
    expect(natsAndBits(Math.LN2)).toBe('0.693 nats = 1.000 bits per character');
  });

  it('become a picture from the smallest to the largest', () => {
    expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1])).toBe('█▇▆▅▄▃▂▁');
    expect(sparkline([3, 3])).toBe('▁▁');
    expect(sparkline([])).toBe('');
  });
});

describe('History', () => {
  it('tells the whole course in a bounded number of means', () => {
    const history = new History(8);
    for (let i = 0; i < 1000; i++) history.add(1000 - i);
    const means = history.means(4);
    expect(means).toHaveLength(4);
    expect(means.every((mean, i) => i === 0 || mean < means[i - 1]!)).toBe(true);
    expect(means[0]).toBeCloseTo(875, -2);
    expect(history.means(100).length).toBeLessThan(16);
  });

  it('tells few values as they are', () => {
    const history = new History(8);
    for (const value of [3, 1, 2]) history.add(value);
    expect(history.means(8)).toEqual([3, 1, 2]);
  });
});

describe('Progress', () => {
  it('knows the speed and what is left', () => {
    const progress = new Progress(new Budget({ steps: 10 }), () => 50, measure);
    expect(progress.secondsLeft).toBeUndefined();
    progress.takeStep(step(1, 4));
    progress.takeStep(step(2, 2));
    expect(progress.loss).toBe(3);
    expect(progress.fraction).toBe(0.2);
    expect(progress.unitsPerSecond).toBeCloseTo(500);
    expect(progress.secondsLeft).toBeCloseTo(0.8);
  });
});

describe('PlainReport', () => {
  it('writes a line now and then, and no control characters', () => {
    const output = new Recorded();
    const report = new PlainReport(output, new Progress(new Budget({ steps: 4 }), () => 50, measure), 2);
    for (let i = 1; i <= 4; i++) report.step(step(i, 2));
    report.validation({ type: 'validation', step: 4, loss: Math.LN2, best: true });
    report.sample({ type: 'sample', step: 4, text: 'one\n\ntwo' });
    report.note('the end');
    expect(output.text).toBe(
      [
        'step 2: loss 2.000, 500 characters/s, 0:00 left',
        'step 4: loss 2.000, 500 characters/s, 0:00 left',
        'step 4: validation 0.693 nats = 1.000 bits per character, the best so far',
        'step 4: a sample',
        '  | one',
        '  |',
        '  | two',
        'the end',
        '',
      ].join('\n'),
    );
  });
});

describe('TerminalReport', () => {
  it.each([40, 80, 120])('keeps its lines within %i columns, and gives the cursor back', (columns) => {
    const output = new Recorded({ isTTY: true, columns });
    const report = new TerminalReport(output, new Progress(new Budget({ steps: 2000 }), () => 512, measure));
    for (let i = 1; i <= 900; i++) report.step(step(i, 3 + 100 / i, 0.04));
    report.validation({ type: 'validation', step: 900, loss: 1.5, best: true });
    report.sample({ type: 'sample', step: 900, text: `${'word '.repeat(60)}\n\n\nend` });
    report.stop();
    report.stop();
    const shown = output.text;
    expect(shown).toContain('\u001B[?25l');
    expect(shown.lastIndexOf('\u001B[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001B[?25l'));
    const lines = stripVTControlCharacters(shown).split(/[\n\r]/);
    const bar = lines.find((line) => line.includes('step 900 of 2,000'));
    expect(bar).toMatch(/45 % .*step 900 of 2,000 {2}0:44 left/);
    expect(lines.find((line) => line.includes('loss 3.'))).toMatch(columns > 40 ? /█.*▁.*characters\/s/ : /loss/);
    expect(lines.some((line) => line.includes('2.164 bits per character'))).toBe(true);
    expect(lines.filter((line) => line.startsWith('  │ ')).every((line) => line.length < columns)).toBe(true);
  });
});
