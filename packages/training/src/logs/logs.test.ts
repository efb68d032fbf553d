import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bowl } from '../../test/bowl.ts';
import { collect } from '../../test/collect.ts';
import { readEventFile } from '../../test/read-event-file.ts';
import { type EventLog, type FitEvent, fit, jsonLinesLog, logged, tensorBoardLog, toJsonLine } from '../index.ts';
import { jsonLinesFile, tensorBoardFolder } from '../node.ts';
import { crc32c, maskedCrc32c } from './tensorboard/crc32c.ts';
import { tfRecord } from './tensorboard/record.ts';
import { scalarsMessage, versionMessage } from './tensorboard/event-message.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const validated = { every: 2, run: () => ({ loss: 0.25, metrics: { f1: 0.5 } }) };

describe('a logged run', () => {
  it('passes every event on, after each log has it', async () => {
    const order: string[] = [];
    const log = (name: string): EventLog => ({
      log: async ({ type }) => void order.push(`${name} ${type}`),
      close: () => void order.push(`${name} closed`),
    });
    for await (const { type } of logged(fit(bowl({ steps: 1 })), log('a'), log('b'))) order.push(type);
    expect(order).toEqual(['a step', 'b step', 'step', 'a done', 'b done', 'done', 'a closed', 'b closed']);
  });

  it('returns what the run returns, and closes the logs when it fails or is left', async () => {
    let closed = 0;
    const log: EventLog = { log: () => undefined, close: () => void closed++ };
    const run = logged(fit(bowl({ steps: 1 })), log);
    await run.next();
    await run.next();
    expect(await run.next()).toMatchObject({ done: true, value: { reason: 'steps', step: 1 } });
    for await (const _ of logged(fit(bowl()), log)) break;
    const failing = bowl({ loss: () => ({ loss: failing.model.w.value.mul(NaN).sum() }) });
    await expect(collect(logged(fit(failing), log))).rejects.toThrow('the loss is NaN');
    expect(closed).toBe(3);
  });
});

describe('JSON lines', () => {
  it('are one object per event, which parses back to it', async () => {
    const lines: string[] = [];
    const events = await collect(
      logged(
        fit(bowl({ validation: validated })),
        jsonLinesLog((line) => void lines.push(line)),
      ),
    );
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      events.map((event) => ({ time: expect.any(Number), ...event })),
    );
    expect(toJsonLine({ type: 'sample', step: 1, text: 'a\nb' }, 5)).toBe(
      '{"time":5,"type":"sample","step":1,"text":"a\\nb"}\n',
    );
  });
});

describe('TensorBoard files', () => {
  it('are checked by the CRC-32C of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe306_9283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a91_36aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd_794e);
  });

  it('start as those of TensorFlow: 24 bytes, whose masked check is a37f4b22', () => {
    const record = tfRecord(versionMessage(0));
    expect(hex(record.subarray(0, 12))).toBe('1800000000000000a37f4b22');
    expect(hex(record.subarray(12, 36))).toBe(
      `0900000000000000001a0d${hex(new TextEncoder().encode('brain.Event:2'))}`,
    );
    expect(new DataView(record.buffer).getUint32(36, true)).toBe(maskedCrc32c(record.subarray(12, 36)));
  });

  it('hold scalars byte for byte as the protocol says', () => {
    const bytes = scalarsMessage({ wallTime: 1.5, step: 300 }, [['a', 0.5]]);
    // wall_time 1.5, step 300, summary { value { tag "a", simple_value 0.5 } }
    expect(hex(bytes)).toBe(['09000000000000f83f', '10ac02', '2a0a', '0a08', '0a0161', '150000003f'].join(''));
  });

  it('give back what was written, whatever the numbers', () => {
    const scalar = fc.tuple(fc.string({ minLength: 1 }), fc.float({ noNaN: true }));
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.array(scalar, { maxLength: 4 }), (step, scalars) => {
        const file = tfRecord(scalarsMessage({ wallTime: 2.25, step }, scalars));
        expect(readEventFile(file)).toEqual([{ wallTime: 2.25, step, scalars, texts: [] }]);
      }),
    );
  });

  it('hold losses, rates, metrics, samples and alarms of a run', async () => {
    const parts: Uint8Array[] = [];
    const failing = bowl({
      validation: validated,
      sample: { every: 2, run: () => 'to be\nor not' },
      loss: (_, { step }) => ({ loss: failing.model.w.value.sum().mul(step === 2 ? NaN : 1) }),
    });
    const events: FitEvent[] = [];
    const run = logged(
      fit(failing),
      tensorBoardLog((bytes) => void parts.push(bytes)),
    );
    await expect(async () => {
      for await (const event of run) events.push(event);
    }).rejects.toThrow('NaN');
    const [version, ...rest] = readEventFile(Buffer.concat(parts));
    expect(version).toMatchObject({ fileVersion: 'brain.Event:2' });
    expect(rest.map(({ step }) => step)).toEqual([1, 2, 2, 2, 3]);
    expect(rest[0]!.scalars.map(([tag]) => tag)).toEqual([
      'loss/train',
      'gradient_norm',
      'learning_rate',
      'seconds_per_step',
    ]);
    expect(rest[0]!.scalars[0]![1]).toBe(4);
    expect(rest[2]!.scalars).toEqual([
      ['loss/validation', 0.25],
      ['metrics/f1', 0.5],
    ]);
    expect(rest[3]!.texts).toEqual([['sample', '    to be\n    or not']]);
    expect(rest[4]!.texts[0]![1]).toMatch(/step 3 was not taken/);
  });
});

it('files are made with their folders, and appended to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unroll-logs-'));
  try {
    const path = join(folder, 'a', 'run.jsonl');
    for (let i = 0; i < 2; i++) {
      await collect(logged(fit(bowl({ steps: 1 })), jsonLinesFile(path), tensorBoardFolder(join(folder, 'b'))));
    }
    expect((await readFile(path, 'utf8')).trimEnd().split('\n').length).toBe(4);
    const files = await readdir(join(folder, 'b'));
    expect(files.length).toBe(2);
    for (const file of files) {
      expect(file).toMatch(/^events\.out\.tfevents\.\d{10}\./);
      expect(readEventFile(await readFile(join(folder, 'b', file))).length).toBe(2);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
