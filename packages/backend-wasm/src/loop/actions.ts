import type { Matrix } from './values.ts';

/** An op on elements. `copy` is the value itself, `accumulate` adds to what is there, `sum` and `max` bring a row together, `sumRows` adds up the rows. */
export interface Node {
  /** As `operationOf` names it. */
  readonly op: string;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** Nodes that walk over rows and columns of one number: one loop over the columns computes all of them. */
export interface Section extends Matrix {
  readonly kind: 'section';
  /** Its place in the order of the step. */
  readonly number: number;
  /** Whether the rows are those of the batch. */
  readonly isBatched: boolean;
  readonly nodes: Node[];
}

/** Sections that run row by row, one after the other within each row: what one row needs of another section it finds in registers or at hand. */
export interface RowLoop {
  readonly kind: 'rows';
  readonly rows: number;
  readonly isBatched: boolean;
  readonly sections: readonly Section[];
  readonly nodes: readonly Node[];
}

/** How the axes of a nest of loops walk over a value. */
export interface Access {
  readonly value: number;
  /** For each loop the axis of the value, or undefined where it stands still. */
  readonly axes: readonly (number | undefined)[];
  /** The position on an axis where the walk begins. */
  readonly start?: { readonly axis: number; readonly at: number };
  /** An axis that is walked from its end. */
  readonly reversed?: number;
}

/** What has no rows in common: loops over all axes, around an op on elements or one of its own kind. */
export interface Nest {
  readonly kind: 'map' | 'reduce' | 'fill' | 'argmax' | 'gather' | 'scatterAdd' | 'matmul';
  readonly number: number;
  /** Whether the first loop walks over the batch. */
  readonly isBatched: boolean;
  readonly lengths: readonly number[];
  readonly output: Access;
  readonly inputs: readonly Access[];
  /** The one node that it is. */
  readonly nodes: readonly [Node];
  /** Which operands of a product are transposed. */
  readonly transposed?: readonly [a: boolean, b: boolean];
}

/** What runs between two products. */
export type Pass = RowLoop | Nest;

export interface Product {
  readonly a: number;
  readonly b: number;
  readonly output: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether it is added to what the pass before it has left in the place of the output. */
  readonly accumulate?: boolean;
}

/** What a step does: products of matrices, and passes between them. */
export type Action = { readonly product: Product } | { readonly passes: readonly Pass[] };
