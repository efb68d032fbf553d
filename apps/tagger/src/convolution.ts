import type { SequenceLayer, SequenceOptions } from '@unroll/architectures';
import { Linear } from '@unroll/layers';
import { type Rng, type Tensor, concat } from '@unroll/tensor';

export interface ConvolutionOptions {
  readonly inputSize: number;
  /** Filters. */
  readonly outputSize: number;
  /** Steps that a filter sees at once. */
  readonly width: number;
  /** Draws the initial filters. */
  readonly rng: Rng;
}

/**
 * Filters over neighbouring steps: yₜ = tanh(W [xₜ₋ₖ; …; xₜ₊ₖ] + b), with zeros beyond the ends. It keeps no state, and is a layer like any
 * other: under `maxPooling` it makes the character CNN of Ma & Hovy (2016).
 */
export class Convolution implements SequenceLayer<readonly []> {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly width: number;
  readonly filters: Linear;

  constructor({ inputSize, outputSize, width, rng }: ConvolutionOptions) {
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.width = width;
    this.filters = new Linear({ inputSize: width * inputSize, outputSize, rng });
  }

  /** xs is [batch, time, inputSize], 0 at masked steps. */
  forward(xs: Tensor, { mask }: SequenceOptions<readonly []> = {}): readonly [ys: Tensor, final: readonly []] {
    const [, time] = xs.shape as readonly [number, number, number];
    const before = Math.floor((this.width - 1) / 2);
    const padded = xs.pad(1, before, this.width - 1 - before);
    const windows = Array.from({ length: this.width }, (_, i) => padded.slice(1, i, time));
    const ys = this.filters.forward(concat(windows, 2)).tanh();
    return [mask ? ys.mul(mask.expandDims(2)) : ys, []];
  }
}
