/**
 * Random numbers from a seed: the same as those of `Rng` of `@unroll/tensor`. The generator is xoroshiro128+ (Blackman & Vigna 2018),
 * in words of 32 bits.
 */
export class Rng {
  /** Two words of 64 bits, the low half of each first. */
  #low0: number;
  #high0: number;
  #low1: number;
  #high1: number;

  /** @param seed any finite number; equal seeds give equal numbers */
  constructor(seed: number) {
    [this.#high0, this.#low0, this.#high1, this.#low1] = seedState(seed);
  }

  /** A number from [0, 1), with 53 random bits. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 0x400_0000 + low) * 2 ** -53;
  }

  /** A position drawn with probabilities in proportion to the weights, which are finite, not negative, and not all 0. */
  categorical(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i]!;
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

  /** The low half of the sum of both words; then the words move on: rotations by 24 and 37, a shift by 16. */
  #word(): number {
    const [low0, high0] = [this.#low0, this.#high0];
    const result = (low0 + this.#low1) | 0;
    const low = this.#low1 ^ low0;
    const high = this.#high1 ^ high0;
    this.#low0 = (low0 << 24) ^ (high0 >>> 8) ^ low ^ (low << 16);
    this.#high0 = (high0 << 24) ^ (low0 >>> 8) ^ high ^ ((high << 16) | (low >>> 16));
    this.#low1 = (high << 5) | (low >>> 27);
    this.#high1 = (low << 5) | (high >>> 27);
    return result;
  }
}

/** Four words from a seed, by SplitMix (Steele, Lea & Flood 2014) with MurmurHash3's 32-bit finisher. */
function seedState(seed: number): readonly [number, number, number, number] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  let counter = Math.imul(bits.getUint32(0), 0x85eb_ca6b) ^ bits.getUint32(4);
  const word = (): number => {
    counter = (counter + 0x9e37_79b9) | 0;
    let z = counter;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) | 0;
  };
  return [word(), word(), word(), word()];
}
