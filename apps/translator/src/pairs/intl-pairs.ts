import { Rng, UnrollError } from '@unroll/tensor';
import { KINDS, type KindName } from './kinds.ts';
import { type Languages, checkLanguages } from './languages.ts';
import { type Pair, type Parts, partOf } from './pair.ts';

export interface IntlPairsOptions extends Languages {
  /** How many pairs in all. Default 20,000. */
  readonly count?: number;
  /** Another seed, other pairs, but a source stays in its part. Default 1. */
  readonly seed?: number;
  /** Default: all. */
  readonly kinds?: readonly KindName[];
}

/** Draws that bring nothing new, one after the other, before there is nothing left to draw. */
const PATIENCE = 10_000;

/**
 * Dates, times, amounts, lists and names in two languages, from the runtime's own data (Unicode CLDR, by `Intl`). No source occurs twice, and no target.
 * The data of two runtimes may differ in details.
 * @throws UnrollError INVALID_ARGUMENT for a language that the runtime does not know, or more pairs than there are
 */
export function intlPairs(options: IntlPairsOptions): Parts {
  const parts = { train: [] as Pair[], validation: [] as Pair[], test: [] as Pair[] };
  for (const pair of drawIntlPairs(options)) parts[partOf(pair.source)].push(pair);
  return parts;
}

/**
 * The same one by one: a million takes a minute.
 * @throws UnrollError as `intlPairs` does
 */
export function* drawIntlPairs({
  count = 20_000,
  seed = 1,
  kinds = names(),
  ...languages
}: IntlPairsOptions): Generator<Pair, void, undefined> {
  const { from, to } = checkLanguages(languages);
  const rng = new Rng(seed);
  const seen = { sources: new Set<string>(), targets: new Set<string>() };
  for (let misses = 0; seen.sources.size < count;) {
    const say = KINDS[kinds[rng.integer(kinds.length)]!](rng, from);
    const pair = { source: say(from), target: say(to) };
    if (seen.sources.has(pair.source) || seen.targets.has(pair.target)) {
      if (++misses < PATIENCE) continue;
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `There are hardly more than ${seen.sources.size} pairs of ${kinds.join(', ')}; ${count} are asked for. Ask for fewer.`,
      );
    }
    misses = 0;
    seen.sources.add(pair.source);
    seen.targets.add(pair.target);
    yield pair;
  }
}

function names(): readonly KindName[] {
  return Object.keys(KINDS) as KindName[];
}
