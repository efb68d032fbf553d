import { type Shape, UnrollError } from '@unroll/tensor';
import { formatShape, sizeOf } from '@unroll/backend';
import { type Initializer, normal, uniform } from './initializer.ts';

/** The gain multiplies the standard deviation; √2 undoes what a relu takes away. */
export interface GainOptions {
  /** Default 1. */
  readonly gain?: number;
}

/** Even over ±1/√in, for a weight [out, in]: PyTorch's default for a linear layer. */
export function uniformFanIn(): Initializer {
  return (shape, rng) => uniform(1 / Math.sqrt(fans(shape).fanIn))(shape, rng);
}

/** Even, with variance 2 gain²/(in + out), for a weight [out, in] (Glorot & Bengio 2010). */
export function glorotUniform({ gain = 1 }: GainOptions = {}): Initializer {
  return (shape, rng) => uniform(Math.sqrt(3) * glorotStd(shape, gain))(shape, rng);
}

/** Normal, with variance 2 gain²/(in + out), for a weight [out, in] (Glorot & Bengio 2010). */
export function glorotNormal({ gain = 1 }: GainOptions = {}): Initializer {
  return (shape, rng) => normal({ std: glorotStd(shape, gain) })(shape, rng);
}

/** Even, with variance gain²/in, for a weight [out, in] in front of a relu (He et al. 2015). Default gain √2. */
export function heUniform({ gain = Math.SQRT2 }: GainOptions = {}): Initializer {
  return (shape, rng) => uniform(Math.sqrt(3) * heStd(shape, gain))(shape, rng);
}

/** Normal, with variance gain²/in, for a weight [out, in] in front of a relu (He et al. 2015). Default gain √2. */
export function heNormal({ gain = Math.SQRT2 }: GainOptions = {}): Initializer {
  return (shape, rng) => normal({ std: heStd(shape, gain) })(shape, rng);
}

function glorotStd(shape: Shape, gain: number): number {
  const { fanIn, fanOut } = fans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function heStd(shape: Shape, gain: number): number {
  return gain / Math.sqrt(fans(shape).fanIn);
}

/** How many inputs an output sums over, and how many outputs an input reaches; axes after the second count for both. */
function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const [outputs, inputs, ...rest] = shape;
  if (outputs === undefined || inputs === undefined) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `initializer: ${formatShape(shape)} has no fan-in: a weight is [out, in]. Use uniform, normal or constant for a vector.`,
    );
  }
  const field = sizeOf(rest);
  return { fanIn: inputs * field, fanOut: outputs * field };
}
