import { UnrollError } from '@unroll/tensor';

/** All that is needed, besides the vocabularies, to build a model again. */
export interface TaggerConfig {
  /** Numbers that describe a word as a whole. */
  readonly wordEmbedding: number;
  /** Numbers that describe a character. */
  readonly characterEmbedding: number;
  /** What reads a word's characters: a bidirectional LSTM, or filters over a few neighbours (CNN). */
  readonly characterModel: 'lstm' | 'cnn';
  /** LSTM units that read them, each way, or filters. 0: words are not spelled. */
  readonly characterHidden: number;
  /** Characters that a filter of the CNN sees at once. */
  readonly characterWidth: number;
  /** Units that read the sentence, each way. */
  readonly hidden: number;
  /** Recurrent layers on top of each other. */
  readonly layers: number;
  /** Whether the sentence is read from both sides. */
  readonly direction: 'both' | 'forward';
  /** How tags are chosen: each for itself, or all together by a conditional random field. */
  readonly output: 'softmax' | 'crf';
  /** Share of single numbers dropped before and after the sentence's layers. */
  readonly dropout: number;
  /** Share of features dropped there, each in the whole sentence. */
  readonly lockedDropout: number;
  /** Share of words that count as unknown while training. */
  readonly wordDropout: number;
}

/** Sizes with which a sentence is tagged well and a laptop is not kept busy. */
export const DEFAULT_CONFIG: TaggerConfig = {
  wordEmbedding: 100,
  characterEmbedding: 25,
  characterModel: 'lstm',
  characterHidden: 25,
  characterWidth: 3,
  hidden: 128,
  layers: 1,
  direction: 'both',
  output: 'softmax',
  dropout: 0,
  lockedDropout: 0.33,
  wordDropout: 0.05,
};

/**
 * A configuration that comes from a file, checked.
 * @throws UnrollError INVALID_FILE naming the field
 */
export function parseConfig(json: Readonly<Record<string, unknown>>): TaggerConfig {
  return {
    wordEmbedding: size(json, 'wordEmbedding', 1),
    characterEmbedding: size(json, 'characterEmbedding', 1),
    characterModel: word(json, 'characterModel', ['lstm', 'cnn']),
    characterHidden: size(json, 'characterHidden', 0),
    characterWidth: size(json, 'characterWidth', 1, 64),
    hidden: size(json, 'hidden', 1),
    layers: size(json, 'layers', 1, 64),
    direction: word(json, 'direction', ['both', 'forward']),
    output: word(json, 'output', ['softmax', 'crf']),
    dropout: share(json, 'dropout'),
    lockedDropout: share(json, 'lockedDropout'),
    wordDropout: share(json, 'wordDropout'),
  };
}

/** A limit, so that a damaged file can't ask for all the memory there is. */
function size(json: Readonly<Record<string, unknown>>, name: string, least: number, most: number = 65_536): number {
  const value = json[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, value, `an integer from ${least} to ${most}`);
}

function share(json: Readonly<Record<string, unknown>>, name: string): number {
  const value = json[name];
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalid(name, value, 'a number from 0 to 1');
}

function word<Word extends string>(
  json: Readonly<Record<string, unknown>>,
  name: string,
  words: readonly Word[],
): Word {
  const found = words.find((each) => each === json[name]);
  if (found !== undefined) return found;
  throw invalid(name, json[name], `one of ${words.join(', ')}`);
}

function invalid(name: string, value: unknown, wanted: string): UnrollError {
  return new UnrollError(
    'INVALID_FILE',
    `The configuration of the tagger is wrong: ${name} is ${JSON.stringify(value)} and not ${wanted}.`,
  );
}
