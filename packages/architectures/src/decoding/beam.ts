import { type TypedArray, UnrollError } from '@unroll/backend';
import type { CoveragePenalty } from './coverage-penalty.ts';
import {
  EMPTY_PREFIX,
  type Hypothesis,
  type Prefix,
  commonPrefix,
  extend,
  hypothesisOf,
  linksOf,
} from './hypothesis.ts';
import { type Restrictions, type RowScores, lookedAt, nextTokens, notANumber } from './row-scores.ts';
import type { LiveHypothesis, Track } from './track.ts';
import { Largest } from '../largest.ts';
import type { LengthPenalty } from './length-penalty.ts';

/** What a beam is told. */
export interface BeamOptions extends Restrictions {
  readonly beamSize: number;
  readonly nBest: number;
  readonly lengthPenalty: LengthPenalty;
  readonly coveragePenalty?: CoveragePenalty | undefined;
  /** [source]: 1 live, 0 padding. Default: all live. */
  readonly sourceMask?: ArrayLike<number> | undefined;
  /** Whether it goes on when no live hypothesis can win any more. That changes no result; tests see to it. */
  readonly isExhaustive?: boolean;
}

/** A hypothesis that goes no further. */
interface Complete {
  readonly prefix: Prefix;
  readonly ended: boolean;
  readonly score: number;
}

/** The beam search about one input: which hypotheses live, which are complete, and whether any of them can still win. */
export class Beam implements Track {
  readonly #options: BeamOptions;
  /** By length: the greatest number that the log-probability of a live hypothesis may still be divided by. */
  readonly #greatestPenalty: Float64Array;
  /** From the best on, at most `nBest`. */
  #complete: Complete[] = [];
  /** Those that no token was allowed to go on, at the last step. */
  #stuck: readonly Prefix[] = [];
  #live: readonly LiveHypothesis[] = [{ prefix: EMPTY_PREFIX, parent: 0 }];
  #settled: Prefix = EMPTY_PREFIX;

  constructor(options: BeamOptions) {
    this.#options = options;
    this.#greatestPenalty = greatestPenalties(options);
  }

  /** At most `beamSize`, from the likeliest on. None when the search is over. */
  get live(): readonly LiveHypothesis[] {
    return this.#live;
  }

  /** One token more. Row `firstRow + i` holds the scores of what may follow the i-th live hypothesis. */
  advance(scores: RowScores, firstRow: number): void {
    const { beamSize, end, maxLength } = this.#options;
    const { vocabulary } = scores;
    const rows = this.#live.map(({ prefix }, i) => nextTokens(this.#options, prefix, scores, firstRow + i));
    const best = new Largest(beamSize);
    const stuck: Prefix[] = [];
    for (const [i, { prefix }] of this.#live.entries()) {
      if (offer(best, prefix.logProbability, rows[i]!, i * vocabulary) === 0) stuck.push(prefix);
    }
    this.#stuck = stuck;
    const live: LiveHypothesis[] = [];
    for (const { key } of best.sorted()) {
      const parent = Math.floor(key / vocabulary);
      const token = key % vocabulary;
      const looked = lookedAt(scores, firstRow + parent);
      const prefix = extend(this.#live[parent]!.prefix, token, Math.min(rows[parent]![token]!, 0), looked);
      if (token === end || prefix.length === maxLength) this.#finish(prefix, token === end);
      else live.push({ prefix, parent });
    }
    this.#live = !this.#options.isExhaustive && this.#isDecided(live) ? [] : live;
  }

  /** Tokens that the best hypothesis will begin with, whatever comes, and that were not given before. */
  settle(): readonly number[] {
    const best = this.#complete[0];
    const rivals = this.#live.map(({ prefix }) => prefix).filter((prefix) => !best || this.#bound(prefix) > best.score);
    const ahead = best ? [best.prefix, ...rivals] : rivals;
    const settled = ahead.length > 0 ? commonPrefix(ahead) : this.#firstStuck();
    const fresh = linksOf(settled).slice(this.#settled.length);
    this.#settled = settled;
    return fresh.map(({ token }) => token);
  }

  /** From the best on. */
  get hypotheses(): readonly Hypothesis[] {
    const complete = this.#complete.length > 0 ? this.#complete : [this.#rate(this.#firstStuck(), false)];
    return complete.map(({ prefix, ended, score }) => hypothesisOf(prefix, ended, score));
  }

  /** The likeliest of those that got stuck last. */
  #firstStuck(): Prefix {
    return this.#stuck[0] ?? EMPTY_PREFIX;
  }

  #finish(prefix: Prefix, ended: boolean): void {
    const complete = this.#rate(prefix, ended);
    const at = this.#complete.findIndex(({ score }) => score < complete.score);
    this.#complete.splice(at < 0 ? this.#complete.length : at, 0, complete);
    this.#complete.length = Math.min(this.#complete.length, this.#options.nBest);
  }

  #rate(prefix: Prefix, ended: boolean): Complete {
    const { lengthPenalty, coveragePenalty } = this.#options;
    const likelihood = prefix.length === 0 ? 0 : prefix.logProbability / lengthPenalty(prefix.length);
    const covered = coveragePenalty && prefix.coverage ? coveragePenalty(this.#liveCoverage(prefix.coverage)) : 0;
    return { prefix, ended, score: likelihood + covered };
  }

  #liveCoverage(coverage: Float64Array): Float64Array {
    const { sourceMask } = this.#options;
    return sourceMask ? coverage.filter((_, i) => sourceMask[i] !== 0) : coverage;
  }

  /** No live hypothesis can get among the best: then the search is over. */
  #isDecided(live: readonly LiveHypothesis[]): boolean {
    const worst = this.#complete[this.#options.nBest - 1];
    return worst !== undefined && live.every(({ prefix }) => this.#bound(prefix) <= worst.score);
  }

  /** No completion of a live hypothesis scores more: probability is only lost from here on, and coverage penalties are at most 0. */
  #bound({ logProbability, length }: Prefix): number {
    return logProbability / this.#greatestPenalty[length]!;
  }
}

/** Shows what may follow a hypothesis; gives how many tokens that are. */
function offer(best: Largest, logProbability: number, row: TypedArray, firstKey: number): number {
  let possible = 0;
  let { threshold } = best;
  for (let token = 0; token < row.length; token++) {
    const own = row[token]!;
    if (own === -Infinity) continue;
    if (Number.isNaN(own)) throw notANumber(token);
    possible++;
    const score = logProbability + Math.min(own, 0);
    if (score <= threshold) continue;
    best.add(score, firstKey + token);
    threshold = best.threshold;
  }
  return possible;
}

/**
 * By the length of a live hypothesis: the greatest number that the log-probability of what comes of it may be divided by. A penalty need not
 * grow with the length, so all lengths that it may still get are looked at.
 */
function greatestPenalties({ lengthPenalty, minLength, maxLength }: BeamOptions): Float64Array {
  const greatest = new Float64Array(maxLength + 1).fill(-Infinity);
  for (let length = maxLength - 1; length >= 0; length--) {
    const penalty = lengthPenalty(length + 1);
    if (!(penalty > 0 && penalty < Infinity)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `beam search: the length penalty of ${length + 1} tokens is ${penalty}; it must be above 0.`,
      );
    }
    greatest[length] = Math.max(greatest[length + 1]!, length + 1 >= minLength ? penalty : -Infinity);
  }
  return greatest;
}
