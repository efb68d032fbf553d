import { UnrollError, checkGiven } from '@unroll/backend';

/**
 * exp(nats / tokens): how many equally likely tokens the model seems to choose from. `nats` is the sum of −ln p over all tokens; a mean
 * over batches of unlike size must be weighted by their tokens before it gets here.
 * Perplexities compare only over the same tokens; for unlike tokenisations use bits per character.
 * @throws UnrollError INVALID_ARGUMENT unless tokens > 0
 */
export function perplexity({ nats, tokens }: { readonly nats: number; readonly tokens: number }): number {
  checkGiven('perplexity', { nats, tokens });
  checkCount('perplexity', 'tokens', tokens);
  return Math.exp(nats / tokens);
}

/**
 * nats / (characters · ln 2): bits that a compressor with this model needs for one character of the text. `nats` is the sum of −ln p over
 * the text's tokens, whatever they are; `characters` counts the characters of the text, not the tokens.
 * @throws UnrollError INVALID_ARGUMENT unless characters > 0
 */
export function bitsPerCharacter({ nats, characters }: { readonly nats: number; readonly characters: number }): number {
  checkGiven('bitsPerCharacter', { nats, characters });
  checkCount('bitsPerCharacter', 'characters', characters);
  return nats / (characters * Math.LN2);
}

function checkCount(where: string, name: string, value: number): void {
  if (value > 0) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${where}: ${name} is ${value}; it must be more than 0. Was the data empty?`,
  );
}
