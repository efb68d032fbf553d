import { type CellOptions, GruCell, LstmCell, type RecurrentCell, VanillaCell } from '@unroll/cells';
import type { Vocabulary } from '@unroll/data';
import { type Rng, UnrollError } from '@unroll/tensor';
import { CharRnn } from './model.ts';

/** The kinds of cell that a model file can name. A model with any other cell is made with `new CharRnn`. */
export const CELLS: {
  readonly [name in 'vanilla' | 'lstm' | 'gru']: (options: CellOptions) => RecurrentCell;
} = {
  vanilla: (options) => new VanillaCell(options),
  lstm: (options) => new LstmCell(options),
  gru: (options) => new GruCell(options),
};

export type CellName = keyof typeof CELLS;

/** All that is needed, besides the vocabulary, to build a model again. */
export interface CharRnnConfig {
  readonly cell: CellName;
  /** Cells on top of each other. */
  readonly layers: number;
  readonly hiddenSize: number;
  readonly embeddingSize: number;
  /** Rate of dropout after each cell. */
  readonly dropout: number;
}

/** A model, what it was built from, and the characters that it knows. */
export interface CharacterModel {
  readonly model: CharRnn;
  readonly vocabulary: Vocabulary;
  readonly config: CharRnnConfig;
}

/** A new model for the characters of a vocabulary, untrained. */
export function buildCharRnn(config: CharRnnConfig, vocabulary: Vocabulary, rng: Rng): CharacterModel {
  const { cell, layers, hiddenSize, embeddingSize, dropout } = config;
  const cells = Array.from({ length: layers }, (_, i) =>
    CELLS[cell]({ inputSize: i === 0 ? embeddingSize : hiddenSize, hiddenSize, rng }),
  );
  const unknown = vocabulary.specials.includes('unk') ? { unknown: vocabulary.unkId } : {};
  const model = new CharRnn({ vocabularySize: vocabulary.size, cells, dropout, rng, ...unknown });
  return { model, vocabulary, config };
}

/**
 * A configuration that comes from a file, checked.
 * @throws UnrollError INVALID_FILE naming the field
 */
export function parseConfig(json: unknown): CharRnnConfig {
  if (typeof json !== 'object' || json === null) throw invalid('it is no object');
  const { cell, layers, hiddenSize, embeddingSize, dropout } = json as Readonly<Record<string, unknown>>;
  if (typeof cell !== 'string' || !Object.hasOwn(CELLS, cell)) {
    throw invalid(`cell is ${JSON.stringify(cell)} and not one of ${Object.keys(CELLS).join(', ')}`);
  }
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1)) {
    throw invalid(`dropout is ${JSON.stringify(dropout)} and not a number from 0 to 1`);
  }
  return {
    cell: cell as CellName,
    layers: size('layers', layers, 64),
    hiddenSize: size('hiddenSize', hiddenSize, 65_536),
    embeddingSize: size('embeddingSize', embeddingSize, 65_536),
    dropout,
  };
}

/** A limit, so that a damaged file can't ask for all the memory there is. */
function size(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(`${name} is ${JSON.stringify(value)} and not an integer from 1 to ${most}`);
}

function invalid(what: string): UnrollError {
  return new UnrollError('INVALID_FILE', `The configuration of the char-rnn model is wrong: ${what}.`);
}
