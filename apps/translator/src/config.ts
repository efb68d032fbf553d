import {
  AdditiveScore,
  AttentionDecoder,
  type AttentionScore,
  type Decoder,
  DotScore,
  EncoderDecoder,
  GeneralScore,
  LinearBridge,
  PlainDecoder,
  type RecurrentLayersOptions,
  type SequenceLayer,
  TanhReadout,
  TiedLinear,
  TokenDecoder,
  deepReadout,
  gru,
  lstm,
} from '@unroll/architectures';
import { type CellOptions, GruCell, LstmCell, type RecurrentCell } from '@unroll/cells';
import { Embedding, Linear, normal } from '@unroll/layers';
import { type Rng, UnrollError } from '@unroll/tensor';
import type { Side } from './text/side.ts';

/** The kinds of cell that a model file can name. */
export const CELLS: {
  readonly [name in 'gru' | 'lstm']: {
    readonly encoder: (options: RecurrentLayersOptions) => SequenceLayer;
    readonly cell: (options: CellOptions) => RecurrentCell;
    /** Vectors in its state. */
    readonly vectors: number;
  };
} = {
  gru: { encoder: gru, cell: (options) => new GruCell(options), vectors: 1 },
  lstm: { encoder: lstm, cell: (options) => new LstmCell(options), vectors: 2 },
};

export type CellName = keyof typeof CELLS;

/** Features of queries and keys are equal here: those of both directions of the encoder. */
type MakeScore = (size: number, attentionSize: number, rng: Rng) => AttentionScore;

/** How the decoder looks at the source; `none`: all that it knows has passed through one vector. */
export const ATTENTIONS: { readonly [name in 'additive' | 'dot' | 'general' | 'none']: MakeScore | undefined } = {
  additive: (size, attentionSize, rng) => new AdditiveScore({ querySize: size, keySize: size, attentionSize, rng }),
  dot: () => new DotScore(),
  general: (size, _, rng) => new GeneralScore({ querySize: size, keySize: size, rng }),
  none: undefined,
};

export type AttentionName = keyof typeof ATTENTIONS;

/** All that is needed, besides the two sides, to build a model again. */
export interface TranslatorConfig {
  /** From which language, as a BCP 47 tag; absent where nobody said. */
  readonly from?: string | undefined;
  /** Into which. */
  readonly to?: string | undefined;
  readonly cell: CellName;
  readonly attention: AttentionName;
  /** Of the encoder, on top of each other. */
  readonly layers: number;
  /** Units of each direction of the encoder; the decoder has twice as many. */
  readonly hiddenSize: number;
  readonly embeddingSize: number;
  /** Rate of dropout on the embeddings and in front of the output layer. */
  readonly dropout: number;
  /** Whether tokens are written by the table that reads them (`TiedLinear`): the readout then has as many features as an embedding. */
  readonly tied: boolean;
}

/** An encoder that reads both ways, and a decoder. */
export type TranslatorModel = EncoderDecoder;

/** A model, what it was built from, and its two sides. */
export interface Translator {
  readonly model: TranslatorModel;
  readonly config: TranslatorConfig;
  readonly source: Side;
  readonly target: Side;
}

/**
 * A new model, untrained, after Bahdanau, Cho & Bengio 2015: a bidirectional encoder, a decoder that starts from tanh(W [h→; h←]) and looks at the
 * encoder's outputs, and the readout tanh(W [h; context; embedding]).
 * @throws UnrollError INVALID_ARGUMENT for a tied decoder without attention whose embeddings are not as wide as it is
 */
export function buildTranslator(
  config: TranslatorConfig,
  { source, target, rng }: Pick<Translator, 'source' | 'target'> & { readonly rng: Rng },
): Translator {
  const { layers, hiddenSize, embeddingSize, dropout, tied } = config;
  const { encoder, cell: makeCell, vectors } = CELLS[config.cell];
  const width = 2 * hiddenSize;
  const makeScore = ATTENTIONS[config.attention];
  if (tied && !makeScore && width !== embeddingSize) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `A decoder without attention writes by the table of its embeddings only if they are as wide as it is: ${width}, not ${embeddingSize}.`,
    );
  }
  const written = tied ? embeddingSize : width;
  const embed = ({ size: count, padId }: Side): Embedding =>
    new Embedding({ count, size: embeddingSize, paddingIndex: padId, rng });
  // A table that also writes starts small: logits of 0 ± 1.
  const embedBoth = ({ size: count }: Side): Embedding =>
    new Embedding({ count, size: embeddingSize, initializer: normal({ std: embeddingSize ** -0.5 }), rng });
  const decoderWith = (decoder: Decoder): TokenDecoder => {
    const embedding = tied ? embedBoth(target) : embed(target);
    return new TokenDecoder({
      embedding,
      decoder,
      bridge: new LinearBridge({ inputSize: layers * width * vectors, cell: decoder.cell, rng }),
      output: tied ? new TiedLinear({ embedding }) : new Linear({ inputSize: width, outputSize: target.size, rng }),
      dropout,
    });
  };
  const plain = (): Decoder =>
    new PlainDecoder({ cell: makeCell({ inputSize: embeddingSize, hiddenSize: width, rng }) });
  const attentive = (score: AttentionScore): Decoder =>
    new AttentionDecoder({
      cell: makeCell({ inputSize: embeddingSize + width, hiddenSize: width, rng }),
      score,
      valueSize: width,
      readout: new TanhReadout({
        linear: new Linear({ inputSize: 2 * width + embeddingSize, outputSize: written, rng }),
        of: deepReadout,
      }),
    });
  const model: TranslatorModel = new EncoderDecoder({
    embedding: embed(source),
    encoder: encoder({ inputSize: embeddingSize, hiddenSize, layers, bidirectional: true, dropout, rng }),
    decoder: decoderWith(makeScore ? attentive(makeScore(width, hiddenSize, rng)) : plain()),
    dropout,
  });
  return { model, config, source, target };
}

/**
 * A configuration that comes from a file, checked.
 * @throws UnrollError INVALID_FILE naming the field
 */
export function parseConfig(fields: Readonly<Record<string, unknown>>): TranslatorConfig {
  const { dropout, tied } = fields;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1)) {
    throw invalid('dropout', dropout, 'a number from 0 to 1');
  }
  if (typeof tied !== 'boolean') throw invalid('tied', tied, 'true or false');
  return {
    from: textOrNothingIn(fields, 'from'),
    to: textOrNothingIn(fields, 'to'),
    cell: nameIn(CELLS, 'cell', fields),
    attention: nameIn(ATTENTIONS, 'attention', fields),
    layers: sizeIn(fields, 'layers', 64),
    hiddenSize: sizeIn(fields, 'hiddenSize', 65_536),
    embeddingSize: sizeIn(fields, 'embeddingSize', 65_536),
    dropout,
    tied,
  };
}

function nameIn<Name extends string>(
  table: { readonly [name in Name]: unknown },
  field: string,
  fields: Readonly<Record<string, unknown>>,
): Name {
  const names = Object.keys(table) as Name[];
  const found = names.find((name) => name === fields[field]);
  if (found !== undefined) return found;
  throw invalid(field, fields[field], `one of ${names.join(', ')}`);
}

function textOrNothingIn(fields: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(field, value, 'a text');
}

/** A limit, so that a damaged file can't ask for all the memory there is. */
function sizeIn(fields: Readonly<Record<string, unknown>>, field: string, most: number): number {
  const value = fields[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(field, value, `an integer from 1 to ${most}`);
}

function invalid(field: string, value: unknown, wanted: string): UnrollError {
  return new UnrollError(
    'INVALID_FILE',
    `The configuration of the translator model is wrong: ${field} is ${JSON.stringify(value)} and not ${wanted}.`,
  );
}
