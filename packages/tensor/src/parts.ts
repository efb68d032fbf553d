import type { Tensor } from './tensor.ts';

/** As many tensors as `split` makes: for a number or a list in the source a tuple, for others a list of any length. */
export type Parts<P extends number | readonly number[]> = P extends number
  ? Equal<P>
  : { readonly [I in keyof P]: Tensor };

/** A tuple of N; for many, and where N is not known when the program is compiled, a list. */
type Equal<N extends number, T extends readonly Tensor[] = readonly []> = number extends N
  ? readonly Tensor[]
  : T['length'] extends N
    ? T
    : T['length'] extends 16
      ? readonly Tensor[]
      : Equal<N, readonly [...T, Tensor]>;
