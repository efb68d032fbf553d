import type { TypedArray } from '@unroll/backend';

/** A matrix within an array: element [i, j] is data[start + i·row + j·column]. */
export interface Matrix {
  readonly data: TypedArray;
  readonly start: number;
  readonly row: number;
  readonly column: number;
}
