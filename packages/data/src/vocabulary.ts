import { UnrollError, checkGiven } from '@unroll/backend';
import { checkList, described } from './checks.ts';
import { ONE_ALONE, type PadOptions, type PaddedBatch, pad } from './pad.ts';
import { SPECIALS, SPECIAL_TOKENS, type Special } from './specials.ts';
import { type VocabularyJson, parseVocabulary } from './vocabulary-json.ts';
import { type EncodedTargets, type NestedBatch, encodeTargets, padNested } from './vocabulary-batches.ts';
import { TokenCounter, checkToken, compareCodePoints, mostFrequent } from './token-counts.ts';

export interface VocabularyOptions {
  /** Which special tokens exist; their ids come first, always in the order pad, unk, bos, eos. Default: none. */
  readonly specials?: readonly Special[];
}

export interface BuildVocabularyOptions extends VocabularyOptions {
  /** Leaves out tokens that occur less often. Default 1. */
  readonly minFrequency?: number;
  /** The largest `size`, specials included; the most frequent tokens stay. Default: no limit. */
  readonly maxSize?: number;
}

/** Token ids, and the tokens that were not known. */
export interface EncodedTokens {
  readonly ids: Int32Array;
  /** How often each unknown token occurred, in order of appearance. */
  readonly unknowns: ReadonlyMap<string, number>;
}

/**
 * Tokens and their ids: the specials first, then the others. Immutable.
 *
 * A token is any string: a character, a word, a tag. Text is not normalised; "é" as one code point and as two are different tokens.
 * A token that is written like a special (`<unk>` in a prepared corpus) is that special.
 */
export class Vocabulary {
  /** The special tokens, in the order of their ids. */
  readonly specials: readonly Special[];
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /**
   * @param options.tokens the tokens besides the specials, in the order of their ids
   * @throws UnrollError INVALID_ARGUMENT if a token stands twice or is no string, or for a special that is none
   */
  constructor(options: VocabularyOptions & { readonly tokens: Iterable<string> }) {
    checkGiven('Vocabulary', { tokens: options.tokens });
    const chosen = options.specials ?? [];
    for (const special of chosen) {
      if (SPECIALS.includes(special)) continue;
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Vocabulary: there is no special ${JSON.stringify(special)}. There are ${SPECIALS.join(', ')}.`,
      );
    }
    this.specials = SPECIALS.filter((special) => chosen.includes(special));
    this.#tokens = [...this.specials.map((special) => SPECIAL_TOKENS[special]), ...options.tokens];
    for (const token of this.#tokens) checkToken(token);
    this.#ids = new Map(this.#tokens.map((token, id) => [token, id]));
    if (this.#ids.size === this.#tokens.length) return;
    const repeated = this.#tokens.find((token, id) => this.#ids.get(token) !== id);
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Vocabulary: the token ${JSON.stringify(repeated)} stands twice. Build from text with repeats by Vocabulary.fromTokens.`,
    );
  }

  /**
   * The characters (Unicode code points) of a text, sorted by code point: the same text gives the same ids everywhere.
   * `encode(text)` then takes a string as it is.
   */
  static fromText(text: string, options: BuildVocabularyOptions = {}): Vocabulary {
    const characters = Vocabulary.fromTokens(text, options);
    return new Vocabulary({
      specials: characters.specials,
      tokens: characters.#ordinary().toSorted(compareCodePoints),
    });
  }

  /** The different tokens, the most frequent first; tokens of one frequency by code point. */
  static fromTokens(tokens: Iterable<string>, options: BuildVocabularyOptions = {}): Vocabulary {
    return Vocabulary.fromSequences([tokens], options);
  }

  /** As `fromTokens`, from sequences of tokens: sentences, or words as sequences of characters. */
  static fromSequences(sequences: Iterable<Iterable<string>>, options: BuildVocabularyOptions = {}): Vocabulary {
    const counter = new TokenCounter();
    for (const tokens of sequences) counter.add(tokens);
    return Vocabulary.fromCounts(counter.counts, options);
  }

  /** As `fromTokens`, from known counts: a `TokenCounter` makes them of a text that does not fit into memory. */
  static fromCounts(counts: ReadonlyMap<string, number>, options: BuildVocabularyOptions = {}): Vocabulary {
    const { minFrequency = 1, maxSize = Infinity, specials = [] } = options;
    if (!(minFrequency >= 0)) {
      throw new UnrollError('INVALID_ARGUMENT', `Vocabulary: minFrequency is ${minFrequency}; it must be a count.`);
    }
    const limit = maxSize - new Set(specials).size;
    if (!(limit >= 0)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Vocabulary: maxSize ${maxSize} leaves no room for ${new Set(specials).size} special tokens. Raise it.`,
      );
    }
    const ordinary = new Map(counts);
    for (const special of specials) ordinary.delete(SPECIAL_TOKENS[special]);
    return new Vocabulary({ specials, tokens: mostFrequent(ordinary, { minFrequency, limit }) });
  }

  /**
   * Reads what `toJSON` made, as it comes from `JSON.parse`.
   * @throws UnrollError INVALID_FILE if it is anything else
   */
  static fromJSON(json: unknown): Vocabulary {
    return new Vocabulary(parseVocabulary(json));
  }

  /** The number of tokens, specials included. */
  get size(): number {
    return this.#tokens.length;
  }

  /** Whether the token has an id of its own. */
  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /**
   * The id of a token; of one that is not known, the id of unk.
   * @throws UnrollError UNKNOWN_TOKEN if there is no unk
   */
  idOf(token: string): number {
    return this.encode([token])[0]!;
  }

  /** @throws UnrollError INDEX_OUT_OF_RANGE if there is no such id */
  tokenOf(id: number): string {
    const token = this.#tokens[id];
    if (token !== undefined) return token;
    throw new UnrollError(
      'INDEX_OUT_OF_RANGE',
      `Vocabulary: there is no id ${id}; ids go from 0 to ${this.size - 1}. Was it encoded with another vocabulary?`,
    );
  }

  /** @throws UnrollError INVALID_ARGUMENT if the vocabulary has no padding token */
  get padId(): number {
    return this.#specialId('pad');
  }
  /** @throws UnrollError INVALID_ARGUMENT if the vocabulary has no token for the unknown */
  get unkId(): number {
    return this.#specialId('unk');
  }
  /** @throws UnrollError INVALID_ARGUMENT if the vocabulary has no token for the beginning */
  get bosId(): number {
    return this.#specialId('bos');
  }
  /** @throws UnrollError INVALID_ARGUMENT if the vocabulary has no token for the end */
  get eosId(): number {
    return this.#specialId('eos');
  }

  /**
   * The ids of tokens; those that are not known become unk. A string counts as its characters (code points).
   * @throws UnrollError UNKNOWN_TOKEN naming the token and its position if there is no unk
   */
  encode(tokens: Iterable<string>): Int32Array {
    return this.encodeWithUnknowns(tokens).ids;
  }

  /**
   * As `encode`, and tells which tokens were not known, so that a program can warn.
   * @throws UnrollError UNKNOWN_TOKEN naming the token and its position if there is no unk
   */
  encodeWithUnknowns(tokens: Iterable<string>): EncodedTokens {
    const unk = this.specials.includes('unk') ? this.unkId : undefined;
    const unknowns = new Map<string, number>();
    const ids: number[] = [];
    for (const token of tokens) {
      const id = this.#ids.get(token) ?? unk;
      if (id === undefined) {
        throw new UnrollError(
          'UNKNOWN_TOKEN',
          `Vocabulary: the token ${JSON.stringify(token)} at position ${ids.length} is not among the ${this.size} known ones. ` +
            "Build the vocabulary with specials: ['unk'], or from text that contains it.",
        );
      }
      if (!this.#ids.has(token)) unknowns.set(token, (unknowns.get(token) ?? 0) + 1);
      ids.push(id);
    }
    return { ids: Int32Array.from(ids), unknowns };
  }

  /**
   * Sequences of tokens as one batch, padded by the token of padding, or by 0 where there is none.
   * @throws UnrollError UNKNOWN_TOKEN; INVALID_ARGUMENT if there is no sequence, or one is longer than `length`
   */
  encodeBatch(sequences: readonly Iterable<string>[], options: Omit<PadOptions, 'value'> = {}): PaddedBatch {
    checkList('Vocabulary', 'the sequences', sequences, ONE_ALONE);
    return pad(
      sequences.map((tokens) => this.encode(tokens)),
      { ...options, value: this.#filler },
    );
  }

  /**
   * Sequences of sequences as one batch: the words of sentences as their characters, the sentences of texts as their words.
   * @throws UnrollError UNKNOWN_TOKEN; INVALID_ARGUMENT if there is no sequence
   */
  encodeNestedBatch(
    sequences: readonly (readonly Iterable<string>[])[],
    options: Pick<PadOptions, 'dtype' | 'backend'> = {},
  ): NestedBatch {
    checkList('Vocabulary', 'the sequences', sequences, ONE_ALONE);
    for (const inner of sequences) checkList('Vocabulary', 'the sequences of a sequence', inner, ONE_ALONE);
    const ids = sequences.map((inner) => inner.map((tokens) => this.encode(tokens)));
    return padNested(ids, { ...options, value: this.#filler });
  }

  /**
   * What a decoder reads and is to write in training (teacher forcing), padded: of "a b" it reads "<bos> a b" and is to write "a b <eos>".
   * @throws UnrollError INVALID_ARGUMENT without specials bos and eos, or if there is no sequence; UNKNOWN_TOKEN
   */
  encodeTargets(
    sequences: readonly Iterable<string>[],
    options: Pick<PadOptions, 'dtype' | 'backend'> = {},
  ): EncodedTargets {
    checkList('Vocabulary', 'the sequences', sequences, ONE_ALONE);
    const { bosId: begin, eosId: end } = this;
    const ids = sequences.map((tokens) => this.encode(tokens));
    return encodeTargets(ids, { ...options, begin, end, value: this.#filler });
  }

  /**
   * The tokens of ids, specials included. Join characters with `''`, words with `' '`.
   * @throws UnrollError INDEX_OUT_OF_RANGE if there is no such id, INVALID_ARGUMENT for a tensor
   */
  decode(ids: Iterable<number>): string[] {
    if (typeof ids?.[Symbol.iterator] === 'function') return Array.from(ids, (id) => this.tokenOf(id));
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Vocabulary: the ids are ${described(ids)}, no list. A tensor gives its numbers by await tensor.data().`,
    );
  }

  /** Plain data for `JSON.stringify`; it calls this itself. */
  toJSON(): VocabularyJson {
    return { format: 'unroll-vocabulary', version: 1, specials: this.specials, tokens: this.#ordinary() };
  }

  /** What fills up a batch. */
  get #filler(): number {
    return this.specials.includes('pad') ? this.padId : 0;
  }

  #ordinary(): readonly string[] {
    return this.#tokens.slice(this.specials.length);
  }

  #specialId(special: Special): number {
    const id = this.specials.indexOf(special);
    if (id >= 0) return id;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Vocabulary: this one has no ${special}. Build it with specials: ['${special}', …].`,
    );
  }
}
