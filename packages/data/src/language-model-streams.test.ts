import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { languageModelStreams, randomWindows } from './index.ts';

const settings = fc
  .record({ batch: fc.integer({ min: 1, max: 5 }), time: fc.integer({ min: 1, max: 6 }), rest: fc.nat({ max: 60 }) })
  .map(({ batch, time, rest }) => ({
    batch,
    time,
    tokens: Int32Array.from({ length: batch * time + 1 + rest }, (_, i) => i),
  }));

/** Row b of all chunks of a pass, one after the other. */
function rowsOf(
  chunks: Iterable<{ inputs: { shape: readonly number[]; dataSync(): ArrayLike<number> } }>,
  batch: number,
): number[][] {
  const rows: number[][] = Array.from({ length: batch }, () => []);
  for (const { inputs } of chunks) {
    const time = inputs.shape[1]!;
    Array.from(inputs.dataSync()).forEach((token, i) => rows[Math.floor(i / time)]!.push(token));
  }
  return rows;
}

it('with the last chunk kept, the streams side by side are the text, each token once', () => {
  fc.assert(
    fc.property(settings, ({ batch, time, tokens }) => {
      const streams = languageModelStreams(tokens, { batch, time, keepLast: true });
      const read = rowsOf(streams, batch).flat();
      expect(read).toEqual(Array.from(tokens.subarray(0, read.length)));
      expect(read.length).toBe(batch * Math.floor((tokens.length - 1) / batch));
      expect(tokens.length - 1 - read.length).toBeLessThan(batch);
    }),
  );
});

it('targets are the tokens that follow the inputs in the text', () => {
  fc.assert(
    fc.property(settings, fc.boolean(), ({ batch, time, tokens }, keepLast) => {
      for (const { inputs, targets } of languageModelStreams(tokens, { batch, time, keepLast })) {
        expect(targets.shape).toEqual(inputs.shape);
        expect(targets.dtype).toBe('int32');
        expect(targets.dataSync()).toEqual(inputs.dataSync().map((token) => token + 1));
      }
    }),
  );
});

it('without it, all chunks are full, and a pass ends where the next full one would not fit', () => {
  fc.assert(
    fc.property(settings, ({ batch, time, tokens }) => {
      const streams = languageModelStreams(tokens, { batch, time });
      const L = Math.floor((tokens.length - 1) / batch);
      const chunks = [...streams];
      expect(chunks.every(({ inputs }) => inputs.shape[0] === batch && inputs.shape[1] === time)).toBe(true);
      expect(chunks.length * time).toBeLessThanOrEqual(L);
      expect((chunks.length + 1) * time).toBeGreaterThan(L);
      expect(chunks.length).toBe(streams.chunksPerPass);
    }),
  );
});

it('a row goes on where it stopped, unless the chunk starts a new pass', () => {
  fc.assert(
    fc.property(settings, ({ batch, time, tokens }) => {
      const streams = languageModelStreams(tokens, { batch, time });
      let pos = 0;
      for (let position = 0; position < 3 * streams.chunksPerPass; position++) {
        const chunk = streams.chunkAt(position);
        // The rule of the reference: start over where a whole chunk does not fit any more.
        const startsNewPass = position === 0 || pos + time > streams.streamLength;
        if (startsNewPass) pos = 0;
        expect(chunk.startsNewPass).toBe(startsNewPass);
        expect(chunk.position).toBe(position);
        expect(chunk.inputs.dataSync()[0]).toBe(pos);
        pos += time;
      }
    }),
  );
});

it('chunkAt and iterating agree', () => {
  const streams = languageModelStreams(
    Int32Array.from({ length: 100 }, (_, i) => (i * 37) % 11),
    { batch: 3, time: 4, keepLast: true },
  );
  for (const chunk of streams) {
    const same = streams.chunkAt(chunk.position + 5 * streams.chunksPerPass);
    expect(same.inputs.dataSync()).toEqual(chunk.inputs.dataSync());
    expect(same.targets.dataSync()).toEqual(chunk.targets.dataSync());
    expect(same.startsNewPass).toBe(chunk.startsNewPass);
  }
});

it('has the figures of the reference baseline on a text of 1 115 394 characters', () => {
  const tokens = new Int32Array(1_003_854);
  const training = languageModelStreams(tokens, { batch: 50, time: 50 });
  expect([training.streamLength, training.chunksPerPass]).toEqual([20_077, 401]);
  const evaluation = languageModelStreams(new Int32Array(111_540), { batch: 10, time: 50, keepLast: true });
  expect([evaluation.streamLength, evaluation.chunksPerPass]).toEqual([11_153, 224]);
  expect(evaluation.chunkAt(223).inputs.shape).toEqual([10, 3]);
});

it('refuses a text that is too short, naming how much is needed', () => {
  expect(() => languageModelStreams(new Int32Array(20), { batch: 4, time: 5 })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(/20 tokens.*21 are needed/) }),
  );
  expect(languageModelStreams(new Int32Array(21), { batch: 4, time: 5 }).chunksPerPass).toBe(1);
  expect(() => languageModelStreams(new Int32Array(0), { batch: 1, time: 1, keepLast: true })).toThrow(/2 are needed/);
  expect(() => languageModelStreams(new Int32Array(99), { batch: 0, time: 1 })).toThrow(/batch is 0/);
  expect(() => languageModelStreams(new Int32Array(99), { batch: 1, time: 1 }).chunkAt(-1)).toThrow(/position is -1/);
});

it('random windows are pieces of the text with their next tokens, and reach every place', () => {
  const tokens = Int32Array.from({ length: 9 }, (_, i) => i);
  const windows = randomWindows(tokens, { batch: 4, time: 3, rng: new Rng(1) });
  const starts = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const { inputs, targets } = windows.next().value;
    expect(inputs.shape).toEqual([4, 3]);
    expect(targets.dataSync()).toEqual(inputs.dataSync().map((token) => token + 1));
    for (let row = 0; row < 4; row++) {
      const [a, b, c] = inputs.dataSync().subarray(row * 3, row * 3 + 3);
      expect([b! - a!, c! - a!]).toEqual([1, 2]);
      starts.add(a!);
    }
  }
  expect(starts).toEqual(new Set([0, 1, 2, 3, 4, 5]));
});

it('random windows go on exactly from a saved rng state', () => {
  const tokens = Int32Array.from({ length: 50 }, (_, i) => i);
  const rng = new Rng(3);
  const windows = randomWindows(tokens, { batch: 2, time: 4, rng });
  windows.next();
  const resumed = randomWindows(tokens, { batch: 2, time: 4, rng: Rng.fromState(rng.state()) });
  expect(resumed.next().value.inputs.dataSync()).toEqual(windows.next().value.inputs.dataSync());
});

it('random windows refuse a text without room for one', () => {
  expect(() => randomWindows(new Int32Array(5), { batch: 1, time: 5, rng: new Rng(1) }).next()).toThrow(
    /needs 6 tokens/,
  );
  expect(randomWindows(new Int32Array(6), { batch: 1, time: 5, rng: new Rng(1) }).next().value.inputs.shape).toEqual([
    1, 5,
  ]);
});
