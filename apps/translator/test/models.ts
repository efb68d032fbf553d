import { Rng } from '@unroll/tensor';
import { type Translator, type TranslatorConfig, buildTranslator } from '../src/config.ts';
import type { Pair } from '../src/pairs/pair.ts';
import { VocabularySide } from '../src/text/side.ts';

/** Pairs that a few hundred steps are enough to learn: numbers, said the other way round. */
export const TOYS: readonly Pair[] = Array.from({ length: 60 }, (_, i) => {
  const [a, b, c] = [i % 3, Math.floor(i / 3) % 4, Math.floor(i / 12)].map(
    (digit, place) => 'abcde'[digit + (place % 2)]!,
  );
  return { source: `${a}${b}${c}`, target: `${c} ${b} ${a}` };
});

/** A small model that has learned nothing. */
export function untrained(config: Partial<TranslatorConfig> = {}, pairs: readonly Pair[] = TOYS): Translator {
  const small: TranslatorConfig = {
    from: 'en',
    to: 'fr',
    cell: 'gru',
    attention: 'additive',
    layers: 1,
    hiddenSize: 8,
    embeddingSize: 6,
    dropout: 0,
    tied: false,
    ...config,
  };
  const source = VocabularySide.of(
    pairs.map((pair) => pair.source),
    { cut: 'characters' },
  );
  const target = VocabularySide.of(
    pairs.map((pair) => pair.target),
    { cut: 'words' },
  );
  return buildTranslator(small, { source, target, rng: new Rng(1) });
}
