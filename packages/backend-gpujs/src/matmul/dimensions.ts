/** Sizes of a product [m, k] × [k, n], or of `batch` of them; a transposed operand lies as [k, m] or [n, k]. */
export interface Dimensions {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}
