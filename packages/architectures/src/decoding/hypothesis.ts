import type { TypedArray } from '@unroll/backend';

/** A sequence that a model wrote, and what it is worth. */
export interface Hypothesis {
  /** Without the start, and with the end token where it was reached. */
  readonly tokens: readonly number[];
  /** Whether the end token was reached; else the sequence was cut off at its greatest length, or no token was allowed any more. */
  readonly ended: boolean;
  /** What hypotheses are ranked by: the log-probability, penalized by the length and the coverage. */
  readonly score: number;
  /** log p(tokens), by the model alone. */
  readonly logProbability: number;
  /** log p of each token, given those before. */
  readonly tokenLogProbabilities: readonly number[];
  /** Where the model looked for each token: [tokens][source], 0 on padding. Undefined for a model that does not look. */
  readonly alignment: readonly TypedArray[] | undefined;
}

/** A token that is chosen for good, as a stream gives it. */
export interface WrittenToken {
  /** Which of the model's inputs it is about. */
  readonly input: number;
  readonly token: number;
}

/** The tokens chosen so far, as a chain: hypotheses share what they have in common. */
export interface Prefix {
  /** Undefined in front of the first token. */
  readonly parent: Prefix | undefined;
  readonly token: number;
  readonly length: number;
  /** Of the whole chain. */
  readonly logProbability: number;
  /** Of this token alone. */
  readonly ownLogProbability: number;
  /** Where the model looked for this token. */
  readonly looked: TypedArray | undefined;
  /** The sum of `looked` along the chain. */
  readonly coverage: Float64Array | undefined;
}

/** Nothing chosen yet. */
export const EMPTY_PREFIX: Prefix = {
  parent: undefined,
  token: -1,
  length: 0,
  logProbability: 0,
  ownLogProbability: 0,
  looked: undefined,
  coverage: undefined,
};

/** One token more. */
export function extend(parent: Prefix, token: number, logProbability: number, looked: TypedArray | undefined): Prefix {
  return {
    parent,
    token,
    length: parent.length + 1,
    logProbability: parent.logProbability + logProbability,
    ownLogProbability: logProbability,
    looked,
    coverage: looked && Float64Array.from(looked, (weight, i) => weight + (parent.coverage?.[i] ?? 0)),
  };
}

/** The parts of a chain in order, without the empty one. */
export function linksOf(prefix: Prefix): readonly Prefix[] {
  const links = Array.from({ length: prefix.length }, () => prefix);
  for (let link = prefix; link.parent; link = link.parent) links[link.length - 1] = link;
  return links;
}

/** The longest prefix that all have in common. */
export function commonPrefix(prefixes: readonly Prefix[]): Prefix {
  return prefixes.reduce((one, other) => {
    let [a, b] = [one, other];
    while (a !== b) {
      if (a.length >= b.length) a = a.parent ?? EMPTY_PREFIX;
      else b = b.parent ?? EMPTY_PREFIX;
    }
    return a;
  });
}

/** As it is handed out. */
export function hypothesisOf(prefix: Prefix, ended: boolean, score: number): Hypothesis {
  const links = linksOf(prefix);
  const isLooking = links[0]?.looked !== undefined;
  return {
    tokens: links.map(({ token }) => token),
    ended,
    score,
    logProbability: prefix.logProbability,
    tokenLogProbabilities: links.map(({ ownLogProbability }) => ownLogProbability),
    alignment: isLooking ? links.map(({ looked }) => looked!) : undefined,
  };
}
