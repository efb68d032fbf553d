import { UnrollError, checkGiven } from '@unroll/backend';
import { type State, scan } from '@unroll/cells';
import { Dropout, type Embedding, type Linear } from '@unroll/layers';
import type { Rng, Tensor, TensorTree } from '@unroll/tensor';
import { LanguageModelCell } from '../generation/language-model-cell.ts';
import type { Bridge } from './bridge.ts';
import type { Decoder, Encoded } from './decoder.ts';
import { ScheduledSampling, withCoins } from './scheduled-sampling.ts';
import { WithAlignment } from './with-alignment.ts';

export interface TokenDecoderOptions<M extends TensorTree, C extends State, S extends State> {
  readonly embedding: Embedding;
  /** Reads embeddings. */
  readonly decoder: Decoder<M, C, S>;
  /** Where the decoder starts: `zeroBridge`, `lastStateBridge`, `new LinearBridge(…)`. */
  readonly bridge: Bridge;
  /** Makes logits of what the decoder gives. `TiedLinear` shares the weights of the embedding. */
  readonly output: Linear;
  /** Rate of dropout on the embeddings and on what the decoder gives. Default 0. */
  readonly dropout?: number;
}

/** How targets are read while training. */
export interface DecodeOptions {
  /** [batch, time]: 1 live, 0 padding of the targets. */
  readonly mask?: Tensor | undefined;
  /** Given while training: dropout, noise of the cells, and the coins of a teacherForcing below 1. */
  readonly rng?: Rng | undefined;
  /**
   * The probability with which a step reads the true token and not the model's own (Bengio et al. 2015). Default 1. Below 1 an `rng` is
   * needed; at 0 the model reads its first token alone.
   */
  readonly teacherForcing?: number;
}

/** What a decoder says of targets. */
export interface Decoded<S extends State> {
  /** Of the next token at each position, [batch, time, vocabulary]. */
  readonly logits: Tensor;
  /** Where it looked, [batch, time, source], 0 at masked steps; undefined for a decoder that does not look. */
  readonly alignments: Tensor | undefined;
  /** After the last live step. */
  readonly final: S;
}

/** A source, ready for steps. */
export interface Begun<M extends TensorTree, S extends State> {
  /** Leaves are [batch, …]: `gatherRows` and `repeatRows` fit it to the hypotheses of a search. */
  readonly memory: M;
  /** Likewise. */
  readonly state: S;
}

/** Tokens in, logits of the next token out, about a source: embedding → decoder → linear. The second half of an encoder-decoder. */
export class TokenDecoder<M extends TensorTree = TensorTree, C extends State = State, S extends State = State> {
  readonly embedding: Embedding;
  readonly decoder: Decoder<M, C, S>;
  readonly bridge: Bridge;
  readonly output: Linear;
  readonly #dropout: Dropout;

  /** @throws UnrollError SHAPE_MISMATCH if embedding, decoder and output do not fit */
  constructor({ embedding, decoder, bridge, output, dropout = 0 }: TokenDecoderOptions<M, C, S>) {
    checkGiven('TokenDecoder', { embedding, decoder, bridge, output });
    checkFit('embedding', embedding.size, 'decoder', decoder.inputSize);
    checkFit('decoder', decoder.outputSize, 'output', output.inputSize);
    this.embedding = embedding;
    this.decoder = decoder;
    this.bridge = bridge;
    this.output = output;
    this.#dropout = new Dropout({ rate: dropout });
  }

  /** The memory of a source and the state before the first token. */
  begin(source: Encoded): Begun<M, S> {
    const memory = this.decoder.remember(source);
    return { memory, state: this.decoder.startFrom(this.bridge.start(source, this.decoder.cell), memory) };
  }

  /** One token at a time over a memory: x is int32 [batch, 1], y the logits [batch, vocabulary]. For `generate`, `Stream` and searches. */
  over(memory: M): LanguageModelCell<S> {
    const { embedding, output } = this;
    return new LanguageModelCell({ embedding, cell: this.decoder.over(memory), output });
  }

  /**
   * Teacher forcing: `tokens` int32 [batch, time] are what is read, the start symbol and then the target without its last token.
   * @throws UnrollError INVALID_ARGUMENT for a teacherForcing outside [0, 1], or below 1 without an `rng`
   */
  forward(source: Encoded, tokens: Tensor, options: DecodeOptions = {}): Decoded<S> {
    const { memory, state } = this.begin(source);
    const { ys, final } = this.#read(memory, state, tokens, options);
    const { outputSize } = this.decoder;
    const looked = ys.shape[2]! - outputSize;
    const [outputs, alignments] = looked > 0 ? ys.split(2, [outputSize, looked]) : [ys];
    return { logits: this.output.forward(this.#dropout.forward(outputs, options)), alignments, final };
  }

  /** What the decoder gives at each step, with where it looked beside it. */
  #read(
    memory: M,
    state: S,
    tokens: Tensor,
    { mask, rng, teacherForcing = 1 }: DecodeOptions,
  ): { readonly ys: Tensor; readonly final: S } {
    const { embedding, decoder, output } = this;
    const over = decoder.over(memory);
    const positions = decoder.alignmentOf?.(state).shape[1];
    const cell = positions ? new WithAlignment(over, positions, (now) => decoder.alignmentOf!(now)) : over;
    const xs = this.#dropout.forward(embedding.forward(tokens), { rng });
    if (teacherForcing === 1) {
      const [ys, final] = scan(cell, xs, { state, mask, rng });
      return { ys, final };
    }
    if (!(teacherForcing >= 0 && teacherForcing < 1) || !rng) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `TokenDecoder: teacherForcing is ${teacherForcing}; it is a probability, and below 1 an rng must be given.`,
      );
    }
    const logits = (y: Tensor): Tensor => output.forward(y.slice(1, 0, decoder.outputSize));
    const sampling = new ScheduledSampling({ cell, embedding, output: { forward: logits } });
    const start = sampling.startFrom(state, tokens.shape[0]!);
    const [ys, final] = scan(sampling, withCoins(xs, teacherForcing, rng), { state: start, mask, rng });
    return { ys, final: final.model };
  }
}

function checkFit(giver: string, gives: number, taker: string, takes: number): void {
  if (gives === takes) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `TokenDecoder: the ${giver} gives ${gives} features, the ${taker} reads ${takes}.`,
  );
}
