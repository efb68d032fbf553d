import { UnrollError } from '@unroll/backend';
import { disposeState, scan } from '@unroll/cells';
import { type Initializer, drawParameter, uniform, checkSizes } from '@unroll/layers';
import {
  type Parameter,
  type Rng,
  type Tensor,
  logSumExp,
  mapTensors,
  ones,
  scope,
  softmax,
  where,
} from '@unroll/tensor';
import { type SequenceScores, type TagPath, scoreOf, sequenceScores } from './sequence-scores.ts';
import { type ChainTensors, tagScores } from './tag-scores.ts';
import { checkEmissions, checkTags } from './check-crf.ts';
import { type ChainState, ForwardCell } from './forward-cell.ts';
import { nBestPaths } from './n-best-paths.ts';
import { FORBIDDEN, type TransitionRule, TransitionTable } from './transition-rules.ts';
import { ViterbiCell } from './viterbi-cell.ts';

export interface CrfOptions {
  /** How many tags there are. */
  readonly tagCount: number;
  /** Which tags may follow which, and begin and end: `ruleByNames(tags, BIO)`. Default: all. */
  readonly allows?: TransitionRule;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** How the parameters start. Default U(−0.1, 0.1). */
  readonly initializer?: Initializer;
}

/** What goes with emissions. */
export interface CrfCallOptions {
  /** [batch, time]: 1 live, 0 padding, before or after a sequence. */
  readonly mask?: Tensor | undefined;
}

/**
 * A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001), on top of a tagger whose logits are the emissions (Lample et al.
 * 2016): tags are chosen together, by what each word says and by what follows what.
 *
 *     score(x, y) = start_y₁ + Σ_t x_t,yₜ + Σ_t transition_yₜ₋₁,yₜ + end_y_T,   p(y | x) = e^score(x, y) / Z,   Z = Σ_y e^score(x, y)
 *
 * Emissions are [batch, time, tags], of one step or more. Parameters have the names and shapes of pytorch-crf. The sums over all sequences are the
 * forward algorithm as a cell under `scan`, so they are compiled where loops are, and differentiated.
 *
 * What the rules forbid has a score of −10,000, so a probability of 0; it gets no gradient and no decoder returns it.
 */
export class Crf {
  readonly tagCount: number;
  /** [tags] */
  readonly start_transitions: Parameter;
  /** [from, to] */
  readonly transitions: Parameter;
  /** [tags] */
  readonly end_transitions: Parameter;
  readonly #rules: TransitionTable | undefined;

  constructor({ tagCount, allows, rng, initializer = uniform(0.1) }: CrfOptions) {
    checkSizes(this, { tagCount });
    this.tagCount = tagCount;
    this.start_transitions = drawParameter(this, initializer, [tagCount], rng);
    this.transitions = drawParameter(this, initializer, [tagCount, tagCount], rng);
    this.end_transitions = drawParameter(this, initializer, [tagCount], rng);
    this.#rules = allows && new TransitionTable(tagCount, allows);
  }

  /**
   * log p(tags | emissions): int32 tags [batch, time] → [batch], and 0 for a sequence of no live step.
   * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH; where the backend reads synchronously, INDEX_OUT_OF_RANGE and INVALID_ARGUMENT for tags that
   * there are not or that the rules forbid, and for a mask with holes
   */
  logLikelihood(emissions: Tensor, tags: Tensor, { mask }: CrfCallOptions = {}): Tensor {
    checkEmissions(emissions, mask, this.tagCount);
    checkTags(tags, emissions, mask, this.#rules);
    return scope(() => {
      const chain = this.#chain(FORBIDDEN);
      const live = this.#live(emissions, mask);
      const { largest, rest } = this.#forward(chain, emissions, mask);
      // Step by step, so that no small difference of large sums is taken.
      const score = tagScores(chain, emissions, tags, live).sub(largest).sum(1);
      return where(live.max(1), score.sub(rest), 0);
    });
  }

  /**
   * −Σ `logLikelihood` / Σ mask, the loss per live token: [].
   * @throws as `logLikelihood`
   */
  loss(emissions: Tensor, tags: Tensor, options: CrfCallOptions = {}): Tensor {
    return scope(() => {
      const count = this.#live(emissions, options.mask).sum();
      const total = this.logLikelihood(emissions, tags, options).sum().neg();
      return total.div(where(count.equal(0), 1, count));
    });
  }

  /** log Z: [batch]. */
  logPartition(emissions: Tensor, { mask }: CrfCallOptions = {}): Tensor {
    checkEmissions(emissions, mask, this.tagCount);
    return scope(() => {
      const { largest, rest } = this.#forward(this.#chain(FORBIDDEN), emissions, mask);
      return where(this.#live(emissions, mask).max(1), largest.sum(1).add(rest), 0);
    });
  }

  /** p(tag at a position | emissions), by the forward and the backward algorithm: [batch, time, tags], 0 on padding. */
  marginals(emissions: Tensor, { mask }: CrfCallOptions = {}): Tensor {
    checkEmissions(emissions, mask, this.tagCount);
    return scope(() => {
      const { start, transitions, end } = this.#chain(FORBIDDEN);
      const live = this.#live(emissions, mask).expandDims(2);
      const clean = where(live, emissions, 0);
      const [upTo] = scan(new ForwardCell({ start, transitions }), clean, { mask });
      const backward = new ForwardCell({ start: end, transitions: transitions.transpose([1, 0]) });
      const [from] = scan(backward, clean.reverse(1), { mask: mask?.reverse(1) });
      return where(live, softmax(upTo.add(from.reverse(1)).sub(clean)), 0);
    });
  }

  /**
   * The best tags of each sequence, without those of padding (Viterbi 1967).
   * @throws UnrollError INVALID_ARGUMENT if the rules allow no sequence of that length
   */
  async viterbi(emissions: Tensor, { mask }: CrfCallOptions = {}): Promise<readonly TagPath[]> {
    checkEmissions(emissions, mask, this.tagCount);
    const { tagCount } = this;
    const [pointers, last] = scope(() => {
      const { start, transitions, end } = this.#chain(-Infinity);
      const [ys, { scores }] = scan(new ViterbiCell({ start, transitions }), emissions, { mask });
      return [ys, scores.add(end).argmax(1)] as const;
    });
    const [before, best] = await Promise.all([pointers.data(), last.data()]);
    pointers.dispose();
    last.dispose();
    const sequences = await this.#sequences(emissions, mask);
    return sequences.map((chain, i) => {
      const tags = Array.from({ length: chain.length }, () => best[i]!);
      for (let position = chain.length - 1; position > 0; position--) {
        tags[position - 1] = before[(chain.first + position) * tagCount + tags[position]!]!;
      }
      const score = scoreOf(tags, chain);
      if (score === -Infinity) throw noPath(chain.length);
      return { tags, score };
    });
  }

  /**
   * The `count` best sequences of tags for each, from the best on, or as many as there are. `score` less `logPartition` is the log-probability.
   * @throws UnrollError INVALID_ARGUMENT if the rules allow no sequence of that length, or for a count below 1
   */
  async nBest(
    emissions: Tensor,
    { count, mask }: CrfCallOptions & { readonly count: number },
  ): Promise<readonly (readonly TagPath[])[]> {
    checkEmissions(emissions, mask, this.tagCount);
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new UnrollError('INVALID_ARGUMENT', `Crf: the count is ${count}; give an integer from 1 on.`);
    }
    const sequences = await this.#sequences(emissions, mask);
    return sequences.map((chain) => {
      const paths = nBestPaths(chain, count);
      if (paths.length === 0) throw noPath(chain.length);
      return paths;
    });
  }

  /** The scores of edges and transitions, `otherwise` where the rules forbid them. */
  #chain(otherwise: number): ChainTensors {
    const rules = this.#rules;
    const [start, transitions, end] = [this.start_transitions, this.transitions, this.end_transitions];
    if (!rules) return { start: start.value, transitions: transitions.value, end: end.value };
    return {
      start: rules.restrict('start', start.value, otherwise),
      transitions: rules.restrict('transitions', transitions.value, otherwise),
      end: rules.restrict('end', end.value, otherwise),
    };
  }

  /** log Z = Σ largest + rest: [batch, time] and [batch]. */
  #forward(
    { start, transitions, end }: ChainTensors,
    emissions: Tensor,
    mask: Tensor | undefined,
  ): { readonly largest: Tensor; readonly rest: Tensor } {
    const [ys, { scores }] = scan<ChainState>(new ForwardCell({ start, transitions }), emissions, { mask });
    return { largest: ys.max(2).detach(), rest: logSumExp(scores.add(end)) };
  }

  /** [batch, time]: 1 and 0 in the dtype of the emissions. */
  #live({ shape, dtype, backend }: Tensor, mask: Tensor | undefined): Tensor {
    return mask ? where(mask, 1, 0).cast(dtype) : ones(shape.slice(0, 2), { dtype, backend });
  }

  /** Each sequence as plain numbers, for the decoders. */
  async #sequences(emissions: Tensor, mask: Tensor | undefined): Promise<readonly SequenceScores[]> {
    const parts = scope(() => mapTensors(this.#chain(-Infinity), (part) => part.detach()));
    try {
      return await sequenceScores(parts, emissions, mask);
    } finally {
      disposeState(parts);
    }
  }
}

function noPath(length: number): UnrollError {
  return new UnrollError('INVALID_ARGUMENT', `Crf: the rules allow no sequence of ${length} tags.`);
}
