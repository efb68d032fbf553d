import type { Buffer, DType, Shape } from '@unroll/backend';
import type { Block } from './free-lists.ts';

/** A handle to a block, or to part of it, that holds as many elements as its shape has. */
export class WasmBuffer implements Buffer {
  /** The memory that made it. */
  readonly owner: object;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Gone once the handle is freed. */
  block: Block | undefined;
  /** Bytes from the start of the block to the first element. */
  readonly offset: number;
  /** Whether the net knows it. */
  watched = false;

  constructor(owner: object, shape: Shape, dtype: DType, block: Block, offset: number = 0) {
    this.owner = owner;
    this.shape = shape;
    this.dtype = dtype;
    this.block = block;
    this.offset = offset;
  }
}
