import { type Shape, UnrollError, allocate, sizeOf } from '@unroll/backend';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { type CreateOptions, checkShape, tensor } from './create.ts';
import { describe } from './describe.ts';
import { normalQuantile } from './normal-quantile.ts';
import type { Tensor } from './tensor.ts';

type Generator = ReturnType<typeof xoroshiro128plusFromState>;

/**
 * Random numbers from a seed: the generator xoroshiro128+ (Blackman & Vigna 2018), by pure-rand. The same seed gives the same bits
 * on every machine. Whoever draws takes one as an argument; there is no global one.
 */
export class Rng {
  #generator: Generator;

  /** @param seed any finite number; equal seeds give equal numbers */
  constructor(seed: number) {
    if (!Number.isFinite(seed))
      throw new UnrollError('INVALID_ARGUMENT', `Rng: the seed is ${seed}; it must be a finite number.`);
    this.#generator = xoroshiro128plusFromState(seedState(seed));
  }

  /** A generator that goes on where one with this state stood. */
  static fromState(state: readonly number[]): Rng {
    if (state.length !== 4 || !state.every(Number.isInteger) || state.every((word) => word === 0)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Rng: [${state.join(', ')}] is no state: four integers, not all 0, are needed.`,
      );
    }
    const rng = new Rng(0);
    rng.#generator = xoroshiro128plusFromState(state);
    return rng;
  }

  /** Four integers, to be saved and given to `Rng.fromState`. */
  state(): readonly number[] {
    return [...this.#generator.getState()];
  }

  /** Goes on as if 2^64 numbers had been drawn. */
  jump(): void {
    this.#generator.jump();
  }

  /** An independent generator: it takes this one's place in the sequence, and this one jumps 2^64 numbers ahead. */
  fork(): Rng {
    const child = Rng.fromState(this.state());
    this.jump();
    return child;
  }

  /** A number from [0, 1), with 53 random bits. */
  next(): number {
    const high = this.#generator.next() >>> 5;
    const low = this.#generator.next() >>> 6;
    return (high * 0x400_0000 + low) * 2 ** -53;
  }

  /** A number from the standard normal distribution. */
  nextNormal(): number {
    // 0 has no quantile; 1 is never drawn.
    return normalQuantile(Math.max(this.next(), 2 ** -54));
  }

  /** An integer from [0, limit), each equally likely. */
  integer(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new UnrollError('INVALID_ARGUMENT', `Rng.integer: the limit is ${limit}; it must be an integer from 1 on.`);
    }
    // Draws from the incomplete last round are thrown away, as they would favour small results.
    const rounds = Math.floor(2 ** 53 / limit) * limit;
    let draw: number;
    do draw = this.next() * 2 ** 53;
    while (draw >= rounds);
    return draw % limit;
  }

  /**
   * Even over [low, high), default [0, 1).
   * @throws UnrollError INVALID_ARGUMENT for the dtype int32, which has none of these numbers, and for limits that are no numbers
   */
  uniform(shape: Shape, options: CreateOptions & { readonly low?: number; readonly high?: number } = {}): Tensor {
    const { low = 0, high = 1 } = options;
    checkReals('uniform', { low, high }, options);
    // 24 bits, so that float32 can't round up to `high`.
    const draw = options.dtype === 'float64' ? () => this.next() : () => Math.floor(this.next() * 2 ** 24) * 2 ** -24;
    return this.#fill(shape, options, () => low + (high - low) * draw());
  }

  /**
   * Normal with the given mean (0) and standard deviation (1).
   * @throws UnrollError INVALID_ARGUMENT for the dtype int32, which has none of these numbers, and for a mean or std that is no number
   */
  normal(shape: Shape, options: CreateOptions & { readonly mean?: number; readonly std?: number } = {}): Tensor {
    const { mean = 0, std = 1 } = options;
    checkReals('normal', { mean, std }, options);
    return this.#fill(shape, options, () => mean + std * this.nextNormal());
  }

  /** 1 with the given probability, else 0. */
  bernoulli(shape: Shape, probability: number, options: CreateOptions = {}): Tensor {
    if (!(probability >= 0 && probability <= 1)) {
      throw new UnrollError('INVALID_ARGUMENT', `Rng.bernoulli: ${probability} is no probability from 0 to 1.`);
    }
    return this.#fill(shape, options, () => (this.next() < probability ? 1 : 0));
  }

  /** The integers from 0 to length − 1 in random order. */
  permutation(length: number): Int32Array {
    const order = Int32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const moved = order[i]!;
      order[i] = order[j]!;
      order[j] = moved;
    }
    return order;
  }

  /**
   * A position drawn with probabilities in proportion to the weights.
   * @throws UnrollError INVALID_ARGUMENT if a weight is negative or not finite, or all are 0
   */
  categorical(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      if (!(weight >= 0 && weight < Infinity)) {
        throw new UnrollError(
          'INVALID_ARGUMENT',
          `Rng.categorical: weight ${i} is ${weight}; weights are finite and not negative.`,
        );
      }
      total += weight;
    }
    if (total === 0) throw new UnrollError('INVALID_ARGUMENT', 'Rng.categorical: all weights are 0.');
    let rest = this.next() * total;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] === 0) continue;
      last = i;
      rest -= weights[i]!;
      if (rest < 0) break;
    }
    return last;
  }

  #fill(shape: Shape, options: CreateOptions, draw: () => number): Tensor {
    checkShape('Rng', shape);
    const dtype = options.dtype ?? 'float32';
    const data = allocate(dtype, sizeOf(shape), shape);
    for (let i = 0; i < data.length; i++) data[i] = draw();
    return tensor(data, { ...options, shape });
  }
}

/** That numbers between integers are not asked for as integers, which would cut them off; and that what they are made from are numbers. */
function checkReals(who: string, numbers: Readonly<Record<string, number>>, { dtype }: CreateOptions): void {
  if (dtype === 'int32') {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Rng.${who}: int32 has no numbers between integers. Draw float32 or float64, or Rng.integer for integers.`,
    );
  }
  for (const [name, number] of Object.entries(numbers)) {
    if (Number.isFinite(number)) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Rng.${who}: ${name} is ${describe(number)}; it must be a finite number.`,
    );
  }
}

/** Four words from a seed, by SplitMix (Steele, Lea & Flood 2014) with MurmurHash3's 32-bit finisher. Near seeds give unlike states. */
function seedState(seed: number): readonly number[] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  let counter = (Math.imul(bits.getUint32(0), 0x85eb_ca6b) ^ bits.getUint32(4)) >>> 0;
  return Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e37_79b9) >>> 0;
    let z = counter;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) | 0;
  });
}

/**
 * For what draws: says so where the generator was forgotten, or a seed stands in its place, which only plain JavaScript can do.
 * @throws UnrollError INVALID_ARGUMENT naming who draws
 */
export function checkRng(who: string, rng: Rng | undefined): void {
  if (typeof rng?.next === 'function') return;
  const given = rng === undefined ? 'none was given' : `a ${typeof rng} was given`;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: it draws random numbers from an rng; ${given}. Give rng: new Rng(1).`,
  );
}
