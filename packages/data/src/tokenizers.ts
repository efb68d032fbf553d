/** Subword vocabularies: tokenizers that were trained elsewhere. */
export { SubwordTokenizer, type SubwordTokenizerOptions } from './subword-tokenizer.ts';
