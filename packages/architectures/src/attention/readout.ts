import { UnrollError, checkGiven } from '@unroll/backend';
import type { Linear } from '@unroll/layers';
import { type Tensor, concat } from '@unroll/tensor';

/** What one step of a decoder has to tell, [batch, …] each. */
export interface ReadoutParts {
  /** The output of the cell. */
  readonly y: Tensor;
  /** What the source gave. */
  readonly context: Tensor;
  /** The input of the decoder, without what was added to it. */
  readonly x: Tensor;
}

/** What a decoder makes its output of. */
export interface Readout {
  /** Features of the output, given those of the parts. */
  outputSize(sizes: { readonly [Part in keyof ReadoutParts]: number }): number;
  /** → [batch, outputSize]. */
  read(parts: ReadoutParts): Tensor;
}

/** The cell's output alone: y. */
export const plainReadout: Readout = {
  outputSize: ({ y }) => y,
  read: ({ y }) => y,
};

/** [y; context] */
export const contextReadout: Readout = {
  outputSize: ({ y, context }) => y + context,
  read: ({ y, context }) => concat([y, context], 1),
};

/** [y; context; x], from which a deep output is made (Bahdanau, Cho & Bengio 2015). */
export const deepReadout: Readout = {
  outputSize: ({ y, context, x }) => y + context + x,
  read: ({ y, context, x }) => concat([y, context, x], 1),
};

export interface TanhReadoutOptions {
  /** W and b. */
  readonly linear: Linear;
  /** What it reads. Default `contextReadout`. */
  readonly of?: Readout;
}

/** tanh(W [y; context] + b): the attentional vector of Luong, Pham & Manning 2015; of `deepReadout`, one more part. */
export class TanhReadout implements Readout {
  readonly linear: Linear;
  readonly #of: Readout;

  constructor({ linear, of = contextReadout }: TanhReadoutOptions) {
    checkGiven('TanhReadout', { linear });
    this.linear = linear;
    this.#of = of;
  }

  /** @throws UnrollError SHAPE_MISMATCH if the linear map does not read what it is given */
  outputSize(sizes: Parameters<Readout['outputSize']>[0]): number {
    const features = this.#of.outputSize(sizes);
    if (features === this.linear.inputSize) return this.linear.outputSize;
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `TanhReadout: the parts have ${features} features together, the linear map reads ${this.linear.inputSize}.`,
    );
  }

  read(parts: ReadoutParts): Tensor {
    return this.linear.forward(this.#of.read(parts)).tanh();
  }
}
