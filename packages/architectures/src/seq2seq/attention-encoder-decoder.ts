import { checkGiven } from '@unroll/backend';
import { GruCell } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import type { Rng, Tensor } from '@unroll/tensor';
import { AdditiveScore } from '../attention/additive.ts';
import { AttentionDecoder, type AttentionState } from '../attention/attention-decoder.ts';
import type { AttentionMemory } from '../attention/memory.ts';
import { TanhReadout, deepReadout } from '../attention/readout.ts';
import { gru } from '../presets.ts';
import { LinearBridge } from './bridge.ts';
import { EncoderDecoder } from './encoder-decoder.ts';
import { TokenDecoder } from './token-decoder.ts';

export interface AttentionEncoderDecoderOptions {
  /** Different tokens of the source. */
  readonly sourceCount: number;
  /** Different tokens of the target. */
  readonly targetCount: number;
  /** Numbers that describe a token. */
  readonly embeddingSize: number;
  /** Units of each direction of the encoder; the decoder has twice as many. */
  readonly hiddenSize: number;
  /** Of the encoder, on top of each other. Default 1. */
  readonly layers?: number;
  /** Rate of dropout on the embeddings, between layers and in front of the output. Default 0. */
  readonly dropout?: number;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/**
 * The translator of Bahdanau, Cho & Bengio 2015: a bidirectional GRU reads, another GRU starts from tanh(W [h→; h←]), looks at what was read by an
 * additive score, and chooses a token by tanh(W [h; context; embedding]). For other parts put an `EncoderDecoder` together.
 */
export function attentionEncoderDecoder(
  options: AttentionEncoderDecoderOptions,
): EncoderDecoder<AttentionMemory, Tensor, AttentionState<Tensor>> {
  const { sourceCount, targetCount, embeddingSize, hiddenSize, layers = 1, dropout = 0, rng } = options;
  checkGiven('attentionEncoderDecoder', { sourceCount, targetCount, embeddingSize, hiddenSize });
  const size = 2 * hiddenSize;
  const encoder = gru({ inputSize: embeddingSize, hiddenSize, layers, bidirectional: true, dropout, rng });
  const cell = new GruCell({ inputSize: embeddingSize + size, hiddenSize: size, rng });
  const decoder = new AttentionDecoder({
    cell,
    score: new AdditiveScore({ querySize: size, keySize: size, attentionSize: hiddenSize, rng }),
    valueSize: size,
    readout: new TanhReadout({
      linear: new Linear({ inputSize: 2 * size + embeddingSize, outputSize: size, rng }),
      of: deepReadout,
    }),
  });
  return new EncoderDecoder({
    embedding: new Embedding({ count: sourceCount, size: embeddingSize, rng }),
    encoder,
    decoder: new TokenDecoder({
      embedding: new Embedding({ count: targetCount, size: embeddingSize, rng }),
      decoder,
      bridge: new LinearBridge({ inputSize: layers * size, cell, rng }),
      output: new Linear({ inputSize: size, outputSize: targetCount, rng }),
      dropout,
    }),
    dropout,
  });
}
