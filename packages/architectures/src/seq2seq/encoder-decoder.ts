import { checkLayer } from '../check-layer.ts';
import { UnrollError, checkGiven } from '@unroll/backend';
import type { State } from '@unroll/cells';
import { type CrossEntropyOptions, Dropout, type Embedding, crossEntropy } from '@unroll/layers';
import { type Tensor, type TensorTree, checkTensors } from '@unroll/tensor';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';
import type { Encoded } from './decoder.ts';
import type { DecodeOptions, Decoded, TokenDecoder } from './token-decoder.ts';

export interface EncoderDecoderOptions<M extends TensorTree, C extends State, S extends State> {
  /** Of the source's tokens. Left out where the source is a sequence of vectors. */
  readonly embedding?: Embedding;
  readonly encoder: SequenceLayer;
  readonly decoder: TokenDecoder<M, C, S>;
  /** Rate of dropout on the source's embeddings. Default 0. */
  readonly dropout?: number;
}

/** How a source and its target are read while training. */
export interface EncodeDecodeOptions extends DecodeOptions {
  /** [batch, source]: 1 live, 0 padding of the source. `mask` is that of the targets. */
  readonly sourceMask?: Tensor | undefined;
}

/** Sequences of tokens side by side, as `Vocabulary.encodeBatch` makes them. */
export interface TokenBatch {
  /** int32 [batch, time] */
  readonly tokens: Tensor;
  /** [batch, time]: 1 live, 0 padding. Default: all live. */
  readonly mask?: Tensor | undefined;
}

/** What is read and written of targets in training, as `Vocabulary.encodeTargets` makes it. */
export interface TargetBatch {
  /** int32 [batch, time]: the start symbol and then the target without its last token. */
  readonly inputs: Tensor;
  /** int32 [batch, time]: the target with its end. */
  readonly targets: Tensor;
  /** [batch, time]: 1 live, 0 padding. Default: all live. */
  readonly mask?: Tensor | undefined;
}

/** How a loss is computed. */
export interface EncoderDecoderLossOptions
  extends Pick<DecodeOptions, 'rng' | 'teacherForcing'>, Pick<CrossEntropyOptions, 'labelSmoothing'> {}

/**
 * One network reads a source, another writes its target (Sutskever, Vinyals & Le 2014; Cho et al. 2014). What passes between them is up to
 * the decoder (`PlainDecoder`, `FixedContextDecoder`, `AttentionDecoder`, `LuongDecoder`) and its bridge.
 */
export class EncoderDecoder<M extends TensorTree = TensorTree, C extends State = State, S extends State = State> {
  readonly embedding: Embedding | undefined;
  readonly encoder: SequenceLayer;
  readonly decoder: TokenDecoder<M, C, S>;
  readonly #dropout: Dropout;

  /** @throws UnrollError SHAPE_MISMATCH if the embedding does not fit the encoder */
  constructor({ encoder, decoder, embedding, dropout = 0 }: EncoderDecoderOptions<M, C, S>) {
    checkLayer('EncoderDecoder: encoder', encoder);
    checkGiven('EncoderDecoder', { decoder });
    if (embedding && embedding.size !== encoder.inputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `EncoderDecoder: the embedding gives ${embedding.size} features, the encoder reads ${encoder.inputSize}.`,
      );
    }
    this.embedding = embedding;
    this.encoder = encoder;
    this.decoder = decoder;
    this.#dropout = new Dropout({ rate: dropout });
  }

  /** source is int32 [batch, source], or without an embedding [batch, source, features]. For `decoder.begin`. */
  encode(source: Tensor, { mask, rng }: Omit<SequenceOptions<State>, 'state'> = {}): Encoded {
    const xs = this.#dropout.forward(this.embedding ? this.embedding.forward(source) : source, { rng });
    const [ys, final] = this.encoder.forward(xs, { mask, rng });
    return { ys, final, mask };
  }

  /** `tokens` int32 [batch, time]: the start symbol and then the target without its last token. As `decoder.forward`. */
  forward(source: Tensor, tokens: Tensor, options: EncodeDecodeOptions = {}): Decoded<S> {
    const { sourceMask, rng } = options;
    return this.decoder.forward(this.encode(source, { mask: sourceMask, rng }), tokens, options);
  }

  /**
   * −log p of targets per live token, each given the true ones before it: [].
   * @throws as `decoder.forward` and `crossEntropy`
   */
  loss(source: TokenBatch, target: TargetBatch, options: EncoderDecoderLossOptions = {}): Tensor {
    const { labelSmoothing = 0, ...how } = options;
    checkGiven('EncoderDecoder.loss', { source, target });
    const { inputs, targets, mask } = target;
    checkTensors('EncoderDecoder.loss', {
      'source.tokens': source.tokens,
      'target.inputs': inputs,
      'target.targets': targets,
    });
    const { logits } = this.forward(source.tokens, inputs, { ...how, sourceMask: source.mask, mask });
    return crossEntropy(logits, targets, { mask, labelSmoothing });
  }
}
