/** Matrix products. */
export type { Dimensions } from './dimensions.ts';
export { type Operands, matmul, ofPacked } from './product.ts';
export { packLeft, packRight } from './pack.ts';
export { tilingOf } from './tiles.ts';
