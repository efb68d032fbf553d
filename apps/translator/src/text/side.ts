import { TokenCounter, Vocabulary, textNormalizer } from '@unroll/data';
import { SubwordTokenizer } from '@unroll/data/tokenizers';
import { UnrollError } from '@unroll/tensor';
import { CUTS, type CutName } from './cuts.ts';

/** One side of a translation: from text to token ids and back. */
export interface Side {
  /** Tokens, the special ones included. */
  readonly size: number;
  readonly padId: number;
  readonly bosId: number;
  readonly eosId: number;
  /** What stands for all that is unknown; undefined where nothing is. */
  readonly unkId: number | undefined;
  /** What is done to a text before anything else: Unicode's normal form, single spaces, perhaps lower case. */
  normalize(text: string): string;
  /** Without special tokens. */
  encode(text: string): Int32Array;
  /** Special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** A token for people. */
  labelOf(id: number): string;
  /** What of a text the model does not know. */
  unknownsOf(text: string): readonly string[];
  /** Plain data, which `restoreSide` reads. */
  toJSON(): object;
}

export interface VocabularySideOptions {
  readonly cut: CutName;
  readonly lowercase?: boolean;
  /** With pad, unk, bos and eos. */
  readonly vocabulary: Vocabulary;
}

/** Tokens of a `Vocabulary`. */
export class VocabularySide implements Side {
  readonly vocabulary: Vocabulary;
  readonly normalize: (text: string) => string;
  readonly #cut: CutName;
  readonly #lowercase: boolean;

  constructor({ cut, lowercase = false, vocabulary }: VocabularySideOptions) {
    this.#cut = cut;
    this.#lowercase = lowercase;
    this.vocabulary = vocabulary;
    this.normalize = normalizerOf(lowercase);
  }

  /** The side of these texts: tokens that occur at least `minFrequency` times. */
  static of(
    texts: readonly string[],
    { minFrequency = 1, ...how }: Omit<VocabularySideOptions, 'vocabulary'> & { readonly minFrequency?: number },
  ): VocabularySide {
    const counter = new SideCounter(how);
    for (const text of texts) counter.add(text);
    return counter.side({ minFrequency });
  }

  get size(): number {
    return this.vocabulary.size;
  }
  get padId(): number {
    return this.vocabulary.padId;
  }
  get bosId(): number {
    return this.vocabulary.bosId;
  }
  get eosId(): number {
    return this.vocabulary.eosId;
  }
  get unkId(): number {
    return this.vocabulary.unkId;
  }

  encode(text: string): Int32Array {
    return this.vocabulary.encode(this.#tokens(text));
  }

  decode(ids: readonly number[]): string {
    const { padId, bosId, eosId } = this;
    const own = ids.filter((id) => id !== padId && id !== bosId && id !== eosId);
    return CUTS[this.#cut].join(this.vocabulary.decode(own));
  }

  labelOf(id: number): string {
    return this.vocabulary.tokenOf(id);
  }

  unknownsOf(text: string): readonly string[] {
    return [...this.vocabulary.encodeWithUnknowns(this.#tokens(text)).unknowns.keys()];
  }

  toJSON(): object {
    return { cut: this.#cut, lowercase: this.#lowercase, vocabulary: this.vocabulary.toJSON() };
  }

  #tokens(text: string): readonly string[] {
    return CUTS[this.#cut].cut(this.normalize(text));
  }
}

/** Counts the tokens of texts that come one by one, until their side is made: they need not be in memory together. */
export class SideCounter {
  readonly #how: Omit<VocabularySideOptions, 'vocabulary'>;
  readonly #normalize: (text: string) => string;
  readonly #counter = new TokenCounter();

  constructor(how: Omit<VocabularySideOptions, 'vocabulary'>) {
    this.#how = how;
    this.#normalize = normalizerOf(how.lowercase ?? false);
  }

  add(text: string): void {
    this.#counter.add(CUTS[this.#how.cut].cut(this.#normalize(text)));
  }

  /** The side of the texts so far. */
  side({ minFrequency = 1 }: { readonly minFrequency?: number } = {}): VocabularySide {
    const vocabulary = Vocabulary.fromCounts(this.#counter.counts, {
      minFrequency,
      specials: ['pad', 'unk', 'bos', 'eos'],
    });
    return new VocabularySide({ ...this.#how, vocabulary });
  }
}

/** Spaces are told apart: a narrow one groups the digits of a French number. */
function normalizerOf(lowercase: boolean): (text: string) => string {
  return textNormalizer({ lowercase, collapseSpaces: false });
}

export interface SubwordSideOptions {
  /** The content of a `tokenizer.json`. */
  readonly tokenizer: unknown;
  readonly lowercase?: boolean;
}

/** Tokens of a subword tokenizer that was trained elsewhere (BPE, WordPiece, Unigram). Padding, begin and end get ids of their own. */
export class SubwordSide implements Side {
  readonly normalize: (text: string) => string;
  readonly #json: unknown;
  readonly #lowercase: boolean;
  readonly #tokenizer: SubwordTokenizer;

  /** @throws UnrollError INVALID_FILE if it is no tokenizer */
  constructor({ tokenizer, lowercase = false }: SubwordSideOptions) {
    this.#json = tokenizer;
    this.#lowercase = lowercase;
    this.#tokenizer = new SubwordTokenizer(tokenizer);
    this.normalize = normalizerOf(lowercase);
  }

  get size(): number {
    return this.#tokenizer.size + 3;
  }
  get padId(): number {
    return this.#tokenizer.size;
  }
  get bosId(): number {
    return this.#tokenizer.size + 1;
  }
  get eosId(): number {
    return this.#tokenizer.size + 2;
  }
  /** None: a subword tokenizer cuts on until it knows the parts. */
  get unkId(): undefined {
    return undefined;
  }

  encode(text: string): Int32Array {
    return this.#tokenizer.encode(this.normalize(text));
  }

  decode(ids: readonly number[]): string {
    return this.#tokenizer.decode(ids.filter((id) => id < this.#tokenizer.size));
  }

  labelOf(id: number): string {
    return ['<pad>', '<bos>', '<eos>'][id - this.padId] ?? this.#tokenizer.tokenOf(id);
  }

  /** None are told: a subword tokenizer cuts on until it knows the parts. */
  unknownsOf(): readonly string[] {
    return [];
  }

  toJSON(): object {
    return { tokenizer: this.#json, lowercase: this.#lowercase };
  }
}

/**
 * Reads what a side's `toJSON` made.
 * @throws UnrollError INVALID_FILE
 */
export function restoreSide(json: unknown): Side {
  const { cut, lowercase, vocabulary, tokenizer } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof lowercase === 'boolean') {
    if (tokenizer !== undefined) return new SubwordSide({ tokenizer, lowercase });
    if (typeof cut === 'string' && Object.hasOwn(CUTS, cut)) {
      const restored = Vocabulary.fromJSON(vocabulary);
      return new VocabularySide({ cut: cut as CutName, lowercase, vocabulary: restored });
    }
  }
  throw new UnrollError('INVALID_FILE', 'The tokens of the translator model are damaged.');
}
