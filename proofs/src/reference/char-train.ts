import { languageModelStreams } from '@unroll/data';
import { Adam } from '@unroll/optim';
import { Rng, parametersOf } from '@unroll/tensor';
import { fit, streamSource } from '@unroll/training';
import { type CellKind, CharLm } from '../shared/char-lm.ts';
import type { Configuration } from './char-configurations.ts';

/** A text as symbols, split by position. */
export interface Corpus {
  readonly symbols: number;
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** The symbols are the characters in the order of their codes; the first nine tenths are for training. */
export function readCorpus(text: string): Corpus {
  const characters = [...new Set(text)].toSorted();
  const numbers = new Map(characters.map((character, i) => [character, i]));
  const tokens = Int32Array.from(text, (character) => numbers.get(character)!);
  const end = Math.floor(0.9 * tokens.length);
  return { symbols: characters.length, train: tokens.subarray(0, end), validation: tokens.subarray(end) };
}

export interface Measurement {
  readonly step: number;
  /** Mean nats per character. */
  readonly validation: number;
  /** Processor time of training alone, so far. */
  readonly cpuSeconds: number;
  readonly parameters: number;
}

/** Trains, and measures after the given steps. */
export async function* train(
  cell: CellKind,
  { embedding, hidden, batch, time, steps }: Configuration,
  { symbols, train, validation }: Corpus,
  { seed, measureAt }: { readonly seed: number; readonly measureAt: readonly number[] },
): AsyncGenerator<Measurement> {
  const rng = new Rng(seed);
  const model = new CharLm({ cell, symbols, embedding, hidden, rng });
  const parameters = parametersOf(model);
  const run = fit({
    model,
    optimizer: new Adam({ parameters, learningRate: 2e-3 }),
    source: streamSource(languageModelStreams(train, { batch, time })),
    loss: model.loss,
    steps,
    clipNorm: 5,
    rng,
  });
  let cpuSeconds = 0;
  let start = process.cpuUsage();
  for await (const event of run) {
    if (event.type !== 'step' || !measureAt.includes(event.step)) continue;
    const { user, system } = process.cpuUsage(start);
    cpuSeconds += (user + system) / 1e6;
    yield {
      step: event.step,
      validation: model.evaluate(validation, 10, time),
      cpuSeconds,
      parameters: parameters.reduce((sum, { value }) => sum + value.size, 0),
    };
    start = process.cpuUsage();
  }
}
