import { crossEntropySum } from '@unroll/layers';
import { type Bleu, type BleuTokenizer, type Chrf, bleu, chrf, exactMatch, perplexity } from '@unroll/metrics';
import { UnrollError, scope } from '@unroll/tensor';
import { encodePair, pairBatch } from './batch.ts';
import type { Pair } from './pairs/pair.ts';
import { type TranslateOptions, type Translation, translate } from './translate.ts';

export interface EvaluateOptions extends Omit<TranslateOptions, 'texts'> {
  readonly pairs: readonly Pair[];
  /** How BLEU cuts words. Default `tokenizer13a`. */
  readonly tokenizer?: BleuTokenizer;
}

/** How good translations of unseen sources are. Both sides are compared as the model normalises them. */
export interface Evaluation {
  readonly bleu: Bleu;
  readonly chrf: Chrf;
  /** The share of translations that equal their reference to the character. */
  readonly exactMatch: number;
  /** Of the references' tokens, their end included, given the true tokens before. */
  readonly perplexity: number;
  readonly translations: readonly Translation[];
}

/** @throws UnrollError INVALID_ARGUMENT if there are no pairs */
export async function evaluate({ pairs, tokenizer, ...options }: EvaluateOptions): Promise<Evaluation> {
  const { translator } = options;
  const references = pairs.map(({ target }) => translator.target.normalize(target));
  const { nats, tokens } = await likelihood({ pairs, ...options });
  const translations = await translate({ ...options, texts: pairs.map(({ source }) => source) });
  const hypotheses = translations.map(({ text }) => text);
  return {
    bleu: bleu(hypotheses, references, tokenizer ? { tokenizer } : {}),
    chrf: chrf(hypotheses, references),
    exactMatch: exactMatch(hypotheses, references),
    perplexity: perplexity({ nats, tokens }),
    translations,
  };
}

/** −log p of all targets, and how many tokens they have, their ends included. */
export async function likelihood({
  translator,
  pairs,
  batch = 32,
  signal,
}: Pick<EvaluateOptions, 'translator' | 'pairs' | 'batch' | 'signal'>): Promise<{
  readonly nats: number;
  readonly tokens: number;
}> {
  if (pairs.length === 0) throw new UnrollError('INVALID_ARGUMENT', 'evaluate: there are no pairs. Give at least one.');
  const encoded = pairs
    .map((pair) => encodePair(translator, pair))
    .toSorted((a, b) => a.target.length - b.target.length);
  let [nats, tokens] = [0, 0];
  for (let start = 0; start < encoded.length; start += batch) {
    signal?.throwIfAborted();
    const some = encoded.slice(start, start + batch);
    const loss = scope(() => {
      const { source, sourceMask, inputs, targets, mask } = pairBatch(translator, some);
      return crossEntropySum(translator.model.forward(source, inputs, { sourceMask, mask }).logits, targets, { mask });
    });
    nats += (await loss.data())[0]!;
    loss.dispose();
    tokens += some.reduce((sum, { target }) => sum + target.length + 1, 0);
    // Timers and input get a turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { nats, tokens };
}
