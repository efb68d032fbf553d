import { UnrollError } from '@unroll/backend';
import type { ChooseToken } from '../generation/choose-token.ts';
import { chosenToken } from '../generation/chosen-token.ts';
import { EMPTY_PREFIX, type Hypothesis, type Prefix, extend, hypothesisOf } from './hypothesis.ts';
import { type Restrictions, type RowScores, lookedAt, nextTokens } from './row-scores.ts';
import type { LiveHypothesis, Track } from './track.ts';

/** One sequence, each token chosen for good. */
export class ChosenSequence implements Track {
  readonly #restrictions: Restrictions;
  readonly #choose: ChooseToken;
  #prefix: Prefix = EMPTY_PREFIX;
  #isLive = true;
  #settled = 0;

  constructor(restrictions: Restrictions, choose: ChooseToken) {
    this.#restrictions = restrictions;
    this.#choose = choose;
  }

  get live(): readonly LiveHypothesis[] {
    return this.#isLive ? [{ prefix: this.#prefix, parent: 0 }] : [];
  }

  advance(scores: RowScores, row: number): void {
    const { end, maxLength } = this.#restrictions;
    const next = nextTokens(this.#restrictions, this.#prefix, scores, row);
    if (next.every((score: number) => score === -Infinity)) {
      this.#isLive = false;
      return;
    }
    const token = chosenToken('decode', this.#choose, next);
    const score = next[token];
    if (score === undefined) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `decode: choose gave token ${token} of ${next.length}; they count from 0.`,
      );
    }
    this.#prefix = extend(this.#prefix, token, score, lookedAt(scores, row));
    this.#isLive = token !== end && this.#prefix.length < maxLength;
  }

  settle(): readonly number[] {
    const isNew = this.#prefix.length > this.#settled;
    this.#settled = this.#prefix.length;
    return isNew ? [this.#prefix.token] : [];
  }

  get hypothesis(): Hypothesis {
    const { token, logProbability } = this.#prefix;
    return hypothesisOf(this.#prefix, token === this.#restrictions.end, logProbability);
  }
}
