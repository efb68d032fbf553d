import { type Block, FreeLists, UNIT } from './free-lists.ts';

/** Kernels read and write whole vectors: so many bytes behind a block's contents belong to it. */
const SLACK = 32;

/** Gives away parts of one range of memory that can grow at its end. */
export class Allocator {
  readonly #free = new FreeLists();
  /** Makes at least so many bytes more; returns how many. */
  readonly #grow: (bytes: number) => number;
  #last: Block | undefined;
  #end: number;
  #used = 0;
  #peak = 0;

  constructor(start: number, grow: (bytes: number) => number) {
    this.#end = start;
    this.#grow = grow;
  }

  /** Bytes given away, slack included. */
  get used(): number {
    return this.#used;
  }

  /** The largest number of bytes that were given away at a time. */
  get peak(): number {
    return this.#peak;
  }

  /** A block for `bytes` bytes with unspecified contents, at a multiple of 64. */
  allocate(bytes: number): Block {
    const size = Math.ceil((bytes + SLACK) / UNIT) * UNIT;
    const block = this.#free.take(size) ?? this.#extend(size);
    this.#split(block, size);
    block.free = false;
    block.handles = 1;
    this.#used += size;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return block;
  }

  release(block: Block): void {
    this.#used -= block.size;
    block.free = true;
    const { before, behind } = block;
    if (behind?.free) {
      this.#free.remove(behind);
      this.#join(block, behind);
    }
    if (before?.free) {
      this.#free.remove(before);
      this.#join(before, block);
      this.#free.add(before);
    } else {
      this.#free.add(block);
    }
  }

  /** Cuts a block to `size`; what is left becomes a free block. */
  #split(block: Block, size: number): void {
    if (block.size === size) return;
    const rest = newBlock(block.address + size, block.size - size, block, block.behind);
    if (rest.behind) rest.behind.before = rest;
    else this.#last = rest;
    block.behind = rest;
    block.size = size;
    this.#free.add(rest);
  }

  /** Makes `block` as large as both together. */
  #join(block: Block, behind: Block): void {
    block.size += behind.size;
    block.behind = behind.behind;
    if (block.behind) block.behind.before = block;
    else this.#last = block;
    // It is no more; whoever still has it must not keep its neighbours.
    behind.before = undefined;
    behind.behind = undefined;
  }

  /** A free block at the end of the range, which grows for it. */
  #extend(size: number): Block {
    const last = this.#last;
    if (last?.free) {
      const added = this.#grow(size - last.size);
      this.#free.remove(last);
      last.size += added;
      this.#end += added;
      return last;
    }
    const block = newBlock(this.#end, this.#grow(size), last, undefined);
    if (last) last.behind = block;
    this.#last = block;
    this.#end += block.size;
    return block;
  }
}

function newBlock(address: number, size: number, before: Block | undefined, behind: Block | undefined): Block {
  return {
    address,
    size,
    free: true,
    handles: 0,
    derived: undefined,
    before,
    behind,
    previous: undefined,
    next: undefined,
  };
}
