/** A range of memory, given away or free. Blocks know their neighbours, so that free ones can become one. */
export interface Block {
  address: number;
  /** In bytes, a multiple of `UNIT`. */
  size: number;
  free: boolean;
  /** Handles to a block that is given away. */
  handles: number;
  /** What was made of the elements of a block that is given away, by name. */
  derived: Map<string, Derived> | undefined;
  /** The blocks that lie right before and behind. */
  before: Block | undefined;
  behind: Block | undefined;
  /** Neighbours in the list of free blocks of similar size. */
  previous: Block | undefined;
  next: Block | undefined;
}

/** Memory that goes with other memory. */
export interface Derived {
  readonly block: Block;
  readonly address: number;
  /** Whether somebody has written to it. */
  isMade: boolean;
}

/** Every address and size is a multiple of a cache line. */
export const UNIT = 64;

/** Up to so many units each size has a list of its own. */
const EXACT_BITS = 4;
const EXACT = 2 ** EXACT_BITS;
/** Above, each power of two has eight. */
const STEP_BITS = 3;
const STEPS = 2 ** STEP_BITS;
/** Lists whose bits share a word; shifts take their count modulo this. */
const WORD = 32;
const TRIES = 4;

/**
 * Free blocks by size, with a bit for each list that holds any, so that finding one takes a few instructions however many
 * there are. (Masmano et al., TLSF: a new dynamic memory allocator for real-time systems, 2004.)
 */
export class FreeLists {
  readonly #lists: (Block | undefined)[] = [];
  readonly #bits = new Int32Array(10);

  /** Takes out a block of at least `size` bytes. */
  take(size: number): Block | undefined {
    const near = this.#takeNear(size);
    if (near) return near;
    // All blocks of the next list suit, wherever in its range they lie.
    const list = listAbove(size / UNIT);
    const start = Math.floor(list / WORD);
    for (let word = start; word < this.#bits.length; word++) {
      const bits = word === start ? this.#bits[word]! & (-1 << list) : this.#bits[word]!;
      if (bits === 0) continue;
      const block = this.#lists[word * WORD + 31 - Math.clz32(bits & -bits)]!;
      this.remove(block);
      return block;
    }
    return undefined;
  }

  /** A program often asks for what it has just freed: the first blocks of the size's own list may be large enough. */
  #takeNear(size: number): Block | undefined {
    let block = this.#lists[listOf(size / UNIT)];
    for (let tries = 0; block && tries < TRIES; tries++, block = block.next) {
      if (block.size < size) continue;
      this.remove(block);
      return block;
    }
    return undefined;
  }

  add(block: Block): void {
    const list = listOf(block.size / UNIT);
    const head = this.#lists[list];
    block.previous = undefined;
    block.next = head;
    if (head) head.previous = block;
    this.#lists[list] = block;
    this.#bits[Math.floor(list / WORD)]! |= 1 << list;
  }

  remove(block: Block): void {
    const { previous, next } = block;
    // A block that is given away for long would hold on to what once was beside it, and that to more: a chain without end.
    block.previous = undefined;
    block.next = undefined;
    if (next) next.previous = previous;
    if (previous) {
      previous.next = next;
      return;
    }
    const list = listOf(block.size / UNIT);
    this.#lists[list] = next;
    if (!next) this.#bits[Math.floor(list / WORD)]! &= ~(1 << list);
  }
}

/** The list of the blocks of this size, in a whole number of units: those from one step on, up to the next one. */
function listOf(units: number): number {
  if (units <= EXACT) return units;
  const exponent = 31 - Math.clz32(units);
  return EXACT + (exponent - EXACT_BITS) * STEPS + ((units >> (exponent - STEP_BITS)) & (STEPS - 1));
}

/** The first list all of whose blocks are at least so large. */
function listAbove(units: number): number {
  if (units <= EXACT) return units;
  const exponent = 31 - Math.clz32(units);
  return listOf(units + (1 << (exponent - STEP_BITS)) - 1);
}
