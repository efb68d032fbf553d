import { UnrollError } from '@unroll/backend';
import { Tokenizer } from '@huggingface/tokenizers';
import { SPECIAL_TOKENS, type Special } from './specials.ts';

export interface SubwordTokenizerOptions {
  /** The content of `tokenizer_config.json`: it says how special tokens are written. Default: the usual spellings are tried. */
  readonly config?: unknown;
}

// How the families of models write the four roles, the most specific first.
const SPELLINGS: Readonly<Record<Special, readonly string[]>> = {
  pad: [SPECIAL_TOKENS.pad, '[PAD]', '<|pad|>'],
  unk: [SPECIAL_TOKENS.unk, '[UNK]'],
  bos: [SPECIAL_TOKENS.bos, '<s>', '[CLS]', '<|startoftext|>'],
  eos: [SPECIAL_TOKENS.eos, '</s>', '[SEP]', '<|endoftext|>'],
};

/**
 * A trained tokenizer from its `tokenizer.json`, the file of Hugging Face's tokenizers (BPE, WordPiece, Unigram), run by their own JavaScript
 * library. Ids, size and special tokens are asked for as of a `Vocabulary`.
 */
export class SubwordTokenizer {
  /** The number of ids, added tokens included: the rows of an embedding. */
  readonly size: number;
  readonly #tokenizer: Tokenizer;
  readonly #config: Readonly<Record<string, unknown>>;

  /**
   * @param json the content of `tokenizer.json`, as it comes from `JSON.parse`
   * @throws UnrollError INVALID_FILE if the library can't make a tokenizer of it
   */
  constructor(json: unknown, { config = {} }: SubwordTokenizerOptions = {}) {
    if (typeof json !== 'object' || json === null || typeof config !== 'object' || config === null) {
      throw new UnrollError(
        'INVALID_FILE',
        'SubwordTokenizer: pass what JSON.parse gives of tokenizer.json, an object.',
      );
    }
    try {
      this.#tokenizer = new Tokenizer(json, config);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UnrollError(
        'INVALID_FILE',
        `SubwordTokenizer: this is no tokenizer.json that can be read: ${reason}. Save the tokenizer again by a recent version of its library.`,
        { cause },
      );
    }
    this.#config = config as Record<string, unknown>;
    // Ids may have gaps; a table needs a row for the largest.
    let largest = -1;
    for (const id of this.#tokenizer.get_vocab(true).values()) largest = Math.max(largest, id);
    this.size = largest + 1;
  }

  /** The ids of a text's tokens, without special ones. */
  encode(text: string): Int32Array {
    return Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens: false }).ids);
  }

  /** As `encode`, with the special tokens that the model was trained with, as `tokenizer.json` places them. */
  encodeWithSpecials(text: string): Int32Array {
    return Int32Array.from(this.#tokenizer.encode(text).ids);
  }

  /** The tokens themselves, as they stand in the vocabulary. */
  tokenize(text: string): string[] {
    return this.#tokenizer.tokenize(text);
  }

  /**
   * The text of ids, special tokens left out.
   * @throws UnrollError INDEX_OUT_OF_RANGE if there is no such id
   */
  decode(ids: Iterable<number>): string {
    const known = Array.from(ids);
    for (const id of known) this.tokenOf(id);
    return known.length === 0 ? '' : this.#tokenizer.decode(known, { skip_special_tokens: true });
  }

  /** Whether the token has an id. */
  has(token: string): boolean {
    return this.#tokenizer.token_to_id(token) !== undefined;
  }

  /**
   * The id of a token.
   * @throws UnrollError UNKNOWN_TOKEN if there is none
   */
  idOf(token: string): number {
    const id = this.#tokenizer.token_to_id(token);
    if (id !== undefined) return id;
    throw new UnrollError(
      'UNKNOWN_TOKEN',
      `SubwordTokenizer: there is no token ${JSON.stringify(token)}. encode cuts text into tokens that exist.`,
    );
  }

  /** @throws UnrollError INDEX_OUT_OF_RANGE if there is no such id */
  tokenOf(id: number): string {
    const token = this.#tokenizer.id_to_token(id);
    if (token !== undefined) return token;
    throw new UnrollError(
      'INDEX_OUT_OF_RANGE',
      `SubwordTokenizer: there is no id ${id}; ids go from 0 to ${this.size - 1}.`,
    );
  }

  /** @throws UnrollError INVALID_ARGUMENT if there is no padding token */
  get padId(): number {
    return this.#specialId('pad');
  }
  /** @throws UnrollError INVALID_ARGUMENT if there is no token for the unknown */
  get unkId(): number {
    return this.#specialId('unk');
  }
  /** The token for the beginning, `[CLS]` of BERT. @throws UnrollError INVALID_ARGUMENT if there is none */
  get bosId(): number {
    return this.#specialId('bos');
  }
  /** The token for the end, `[SEP]` of BERT. @throws UnrollError INVALID_ARGUMENT if there is none */
  get eosId(): number {
    return this.#specialId('eos');
  }

  #specialId(special: Special): number {
    const token = [this.#configured(special), ...SPELLINGS[special]].find(
      (each) => each !== undefined && this.has(each),
    );
    if (token !== undefined) return this.idOf(token);
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `SubwordTokenizer: no token for ${special} was found. Pass the content of tokenizer_config.json as config, or use idOf.`,
    );
  }

  /** What the configuration says: a string, or an object with it. */
  #configured(special: Special): string | undefined {
    const entry = this.#config[`${special}_token`];
    if (typeof entry === 'string') return entry;
    if (typeof entry !== 'object' || entry === null || !('content' in entry)) return undefined;
    return typeof entry.content === 'string' ? entry.content : undefined;
  }
}
