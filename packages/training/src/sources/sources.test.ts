import { type TokenArray, languageModelStreams } from '@unroll/data';
import { Rng, scope, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchSource } from './batch-source.ts';
import { bucketedSource, epochSource, shuffledSource, tokenBatchSource } from './epoch-source.ts';
import { sampledSource, windowSource } from './sampled-source.ts';
import { randomLengthStreamSource } from './random-length-stream-source.ts';
import { streamSource } from './stream-source.ts';

const text = Int32Array.from({ length: 60 }, (_, i) => i);
const items = Array.from({ length: 7 }, (_, i) => i);

/** A batch as plain numbers. */
function plain(batch: unknown): string {
  const { inputs, targets } = batch as { inputs?: ReturnType<typeof tensor>; targets?: ReturnType<typeof tensor> };
  return JSON.stringify(inputs && targets ? [[...inputs.dataSync()], [...targets.dataSync()]] : batch);
}

function take(source: BatchSource<unknown>, count: number): readonly string[] {
  return Array.from({ length: count }, () =>
    scope(() => {
      const { batch, reset } = source.next();
      return `${plain(batch)} ${reset}`;
    }),
  );
}

const kinds: Readonly<Record<string, (rng: Rng) => BatchSource<unknown>>> = {
  streams: () => streamSource(languageModelStreams(text, { batch: 2, time: 7 })),
  shuffled: (rng) => shuffledSource(items, { batch: 2, rng }),
  bucketed: (rng) => bucketedSource(items, { batch: 2, rng, length: (x) => x % 3, window: 4 }),
  tokens: (rng) => tokenBatchSource(items, { tokens: 5, rng, length: (x) => 1 + (x % 3) }),
  windows: (rng) => windowSource(text, { batch: 2, time: 3, rng }),
  sampled: (rng) => sampledSource({ sample: (rng) => [rng.next(), rng.next()], rng }),
};

describe.each(Object.entries(kinds))('a source of kind %s', (_, make) => {
  it('goes on from a saved state as if it had never stopped, saved at any point, also after going elsewhere', () => {
    fc.assert(
      fc.property(fc.nat(15), fc.nat(15), fc.nat(6), (before, after, elsewhere) => {
        const source = make(new Rng(1));
        take(source, before);
        const state: unknown = JSON.parse(JSON.stringify(source.state()));
        const expected = take(source, after);
        const other = make(new Rng(2));
        take(other, elsewhere);
        other.restore(state as ReturnType<typeof source.state>);
        expect(other.state()).toEqual(state);
        expect(take(other, after)).toEqual(expected);
        expect(other.state()).toEqual(source.state());
      }),
    );
  });

  it('has random numbers of its own: nobody who draws from the same rng changes it', () => {
    const rng = new Rng(4);
    const shared = make(rng);
    const drawn = Array.from({ length: 9 }, () => {
      rng.next();
      return take(shared, 1)[0];
    });
    expect(drawn).toEqual(take(make(new Rng(4)), 9));
  });

  it('refuses what is no state of its', () => {
    for (const state of [
      null,
      5,
      {},
      { position: -1 },
      { rng: [0, 0, 0, 0] },
      { epoch: 1, taken: 0.5, rng: [1, 2, 3, 4] },
    ]) {
      expect(() => make(new Rng(1)).restore(state)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
    }
  });
});

describe('a source of streams', () => {
  it('carries the state within a pass and resets it where the next one starts', () => {
    const source = streamSource(languageModelStreams(text, { batch: 2, time: 7 }));
    const resets = Array.from({ length: 9 }, () => scope(() => source.next().reset));
    expect(resets).toEqual([true, false, false, false, true, false, false, false, true]);
  });

  it('names what differs when it is restored with another geometry', () => {
    const state = streamSource(languageModelStreams(text, { batch: 2, time: 7 })).state();
    const other = streamSource(languageModelStreams(text, { batch: 3, time: 7 }));
    expect(() => other.restore(state)).toThrow(/batch is 3 here and was 2/);
    expect(() => other.restore(state)).toThrow(expect.objectContaining({ code: 'STATE_MISMATCH' }));
  });
});

describe('a source of epochs', () => {
  it('gives every item once an epoch, in another order each time', () => {
    const source = shuffledSource(items, { batch: 3, rng: new Rng(3) });
    const epochs = Array.from({ length: 3 }, () =>
      [source.next(), source.next(), source.next()].flatMap((x) => x.batch),
    );
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual(items);
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('says so when an epoch is empty, or too short for the saved state', () => {
    expect(() => shuffledSource([], { batch: 2, rng: new Rng(1) }).next()).toThrow(/an epoch has no batch/);
    const long = shuffledSource(items, { batch: 1, rng: new Rng(1) });
    take(long, 6);
    const short = shuffledSource(items.slice(0, 4), { batch: 1, rng: new Rng(1) });
    expect(() => short.restore(long.state())).toThrow(/6 batches into an epoch; an epoch has 4 here/);
  });

  it('frees the tensors of the batches that it takes again', () => {
    const made: ReturnType<typeof tensor>[] = [];
    const make = (): BatchSource<unknown> =>
      epochSource({
        rng: new Rng(1),
        *epoch(rng) {
          for (let i = 0; i < 5; i++) {
            const batch = tensor(rng.next());
            made.push(batch);
            yield batch;
          }
        },
      });
    const source = make();
    scope(() => {
      for (let i = 0; i < 3; i++) source.next();
    });
    made.length = 0;
    make().restore(source.state());
    expect(made.map((batch) => batch.isDisposed)).toEqual([true, true, true]);
  });
});

describe('sources of tokens', () => {
  it('give the same of 1, 2 and 4 bytes each', () => {
    const options = { batch: 2, time: 5 };
    for (const source of [
      (tokens: TokenArray) => streamSource(languageModelStreams(tokens, options)),
      (tokens: TokenArray) => windowSource(tokens, { ...options, rng: new Rng(1) }),
      (tokens: TokenArray) => randomLengthStreamSource(tokens, { ...options, rng: new Rng(1) }),
    ]) {
      const [wide, middle, narrow] = [text, Uint16Array.from(text), Uint8Array.from(text)].map((tokens) =>
        take(source(tokens), 9),
      );
      expect(middle).toEqual(wide);
      expect(narrow).toEqual(wide);
    }
  });
});

describe('what can never give a batch', () => {
  const rng = new Rng(1);
  const length = (): number => 1;
  it.each<[string, () => unknown, RegExp]>([
    ['shuffledSource', () => shuffledSource(items, { batch: 0, rng }), /shuffledBatches: batch is 0/],
    [
      'bucketedSource',
      () => bucketedSource(items, { batch: 2, window: 0, length, rng }),
      /bucketedBatches: window is 0/,
    ],
    ['tokenBatchSource', () => tokenBatchSource(items, { tokens: 0, length, rng }), /tokenBatches: tokens is 0/],
    ['windowSource', () => windowSource(text, { batch: 2, time: 60, rng }), /randomWindows: a window of 60 steps/],
    ['randomLengthStreamSource', () => randomLengthStreamSource(text, { batch: 0, time: 5, rng }), /batch is 0/],
  ])('is refused by %s at once', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
