import { UnrollError } from '@unroll/backend';
import { SPECIALS, SPECIAL_TOKENS, type Special } from './specials.ts';

/** A vocabulary as plain data. */
export interface VocabularyJson {
  readonly format: 'unroll-vocabulary';
  readonly version: 1;
  /** In the order pad, unk, bos, eos. */
  readonly specials: readonly Special[];
  /** The other tokens, in the order of their ids, which go on after the specials. */
  readonly tokens: readonly string[];
}

/**
 * The content of a parsed vocabulary, checked.
 * @throws UnrollError INVALID_FILE naming what is wrong
 */
export function parseVocabulary(json: unknown): Pick<VocabularyJson, 'specials' | 'tokens'> {
  if (typeof json !== 'object' || json === null) throw invalid('it is no object. Pass what JSON.parse gives.');
  const { format, version, specials, tokens } = json as Readonly<Record<string, unknown>>;
  if (format !== 'unroll-vocabulary')
    throw invalid(`its format is ${JSON.stringify(format)} instead of "unroll-vocabulary".`);
  if (version !== 1)
    throw invalid(`its version is ${JSON.stringify(version)}; this release reads 1. Update @unroll/data.`);
  if (!Array.isArray(specials)) throw invalid('its specials are no array.');
  if (!Array.isArray(tokens)) throw invalid('its tokens are no array.');
  checkSpecials(specials);
  checkTokens(specials, tokens);
  return { specials, tokens };
}

function checkSpecials(specials: readonly unknown[]): asserts specials is readonly Special[] {
  let last = -1;
  for (const special of specials) {
    const at = (SPECIALS as readonly unknown[]).indexOf(special);
    if (at < 0)
      throw invalid(`it has an unknown special ${JSON.stringify(special)}. Known are ${SPECIALS.join(', ')}.`);
    // The order carries the ids; a file in another order was not written by toJSON.
    if (at <= last)
      throw invalid(`its specials ${specials.join(', ')} are not in the order ${SPECIALS.join(', ')}, each once.`);
    last = at;
  }
}

function checkTokens(specials: readonly Special[], tokens: readonly unknown[]): asserts tokens is readonly string[] {
  const seen = new Set<unknown>(specials.map((special) => SPECIAL_TOKENS[special]));
  for (const [i, token] of tokens.entries()) {
    if (typeof token !== 'string') throw invalid(`token ${i} is ${JSON.stringify(token)} instead of a string.`);
    if (seen.has(token)) throw invalid(`token ${i}, ${JSON.stringify(token)}, stands twice.`);
    seen.add(token);
  }
}

function invalid(what: string): UnrollError {
  return new UnrollError('INVALID_FILE', `Vocabulary.fromJSON: this is no vocabulary: ${what}`);
}
