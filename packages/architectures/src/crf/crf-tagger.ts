import { checkLayer } from '../check-layer.ts';
import type { State } from '@unroll/cells';
import { Linear, checkSizes } from '@unroll/layers';
import { type Rng, type Tensor, scope } from '@unroll/tensor';
import { ManyToMany } from '../many-to-many.ts';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';
import { Crf, type CrfCallOptions } from './crf.ts';
import type { TagPath } from './sequence-scores.ts';
import type { TransitionRule } from './transition-rules.ts';

export interface CrfTaggerOptions<S extends State> {
  /** Reads the sentence: `lstm({ …, bidirectional: true })`. */
  readonly layer: SequenceLayer<S>;
  /** How many tags there are. */
  readonly tagCount: number;
  /** Which tags may follow which, and begin and end: `ruleByNames(tags, BIO)`. Default: all. */
  readonly allows?: TransitionRule;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/**
 * Tags of which one depends on the other (Huang, Xu & Yu 2015): a layer over the sentence, a linear map at each step, and a CRF that chooses.
 *
 *     const loss = tagger.loss(xs, tags, { mask, rng });
 *     const paths = await tagger.viterbi(xs, { mask });
 */
export class CrfTagger<S extends State = State> {
  readonly layer: SequenceLayer<S>;
  readonly output: Linear;
  /** For its `marginals`, `nBest` and `logLikelihood`. */
  readonly crf: Crf;
  readonly #emitter: ManyToMany<S>;

  constructor({ layer, tagCount, allows, rng }: CrfTaggerOptions<S>) {
    checkLayer('CrfTagger', layer);
    checkSizes(this, { tagCount });
    this.layer = layer;
    this.output = new Linear({ inputSize: layer.outputSize, outputSize: tagCount, rng });
    this.#emitter = new ManyToMany({ layer, output: this.output });
    this.crf = new Crf({ tagCount, rng, ...(allows && { allows }) });
  }

  /** What the words say about the tags: xs [batch, time, features] → [batch, time, tags], 0 at masked steps. */
  emissions(xs: Tensor, options: Omit<SequenceOptions<S>, 'state'> = {}): Tensor {
    return this.#emitter.forward(xs, options)[0];
  }

  /**
   * −log p of the right tags per live step: xs [batch, time, features] and int32 tags [batch, time] → [].
   * @throws as `Crf.loss`
   */
  loss(xs: Tensor, tags: Tensor, options: Omit<SequenceOptions<S>, 'state'> = {}): Tensor {
    return this.crf.loss(this.emissions(xs, options), tags, { mask: options.mask });
  }

  /**
   * The best tags of each sequence, without those of padding.
   * @throws as `Crf.viterbi`
   */
  async viterbi(xs: Tensor, { mask }: CrfCallOptions = {}): Promise<readonly TagPath[]> {
    const emissions = scope(() => this.emissions(xs, { mask }));
    try {
      return await this.crf.viterbi(emissions, { mask });
    } finally {
      emissions.dispose();
    }
  }
}
