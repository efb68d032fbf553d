import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allocator } from './allocator.ts';
import type { Block } from './free-lists.ts';

const START = 8192;
const PAGE = 65536;

/** An allocator, and how many bytes it has asked for. */
function allocator(): { readonly allocator: Allocator; readonly grown: () => number } {
  let grown = 0;
  const grow = (bytes: number): number => {
    const pages = Math.ceil(bytes / PAGE) * PAGE;
    grown += pages;
    return pages;
  };
  return { allocator: new Allocator(START, grow), grown: () => grown };
}

describe('Allocator', () => {
  it('gives blocks that are aligned, large enough with some slack, and apart from one another', () => {
    const step = fc.record({ bytes: fc.oneof(fc.nat(200), fc.nat(100_000)), frees: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { allocator: memory, grown } = allocator();
        const live: Block[] = [];
        for (const { bytes, frees } of steps) {
          if (frees % 3 === 0 && live.length > 0) memory.release(live.splice(frees % live.length, 1)[0]!);
          const block = memory.allocate(bytes);
          expect(block.address % 64).toBe(0);
          expect(block.size).toBeGreaterThanOrEqual(bytes + 32);
          expect(block.address).toBeGreaterThanOrEqual(START);
          expect(block.address + block.size).toBeLessThanOrEqual(START + grown());
          live.push(block);
        }
        const sorted = live.toSorted((x, y) => x.address - y.address);
        sorted.forEach((block, i) => {
          const next = sorted[i + 1];
          if (next) expect(block.address + block.size).toBeLessThanOrEqual(next.address);
        });
        expect(memory.used).toBe(live.reduce((sum, { size }) => sum + size, 0));
      }),
    );
  });

  it('makes one free block of all that is given back, in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50_000), { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.nat()),
        (sizes, order) => {
          const { allocator: memory, grown } = allocator();
          const live = sizes.map((bytes) => memory.allocate(bytes));
          while (live.length > 0) memory.release(live.splice(order.next().value! % live.length, 1)[0]!);
          expect(memory.used).toBe(0);
          const before = grown();
          expect(memory.allocate(before - 32).address).toBe(START);
          expect(grown()).toBe(before);
        },
      ),
    );
  });

  it('stops growing when equal steps follow one another', () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(1_000_000)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, (steps) => {
        const { allocator: memory, grown } = allocator();
        const step = (): void => {
          // Each value outlives the next one, as in a chain of ops.
          let previous: Block | undefined;
          for (const bytes of steps) {
            const block = memory.allocate(bytes);
            if (previous) memory.release(previous);
            previous = block;
          }
          memory.release(previous!);
        };
        for (let i = 0; i < 5; i++) step();
        const before = grown();
        for (let i = 0; i < 100; i++) step();
        expect(grown()).toBe(before);
      }),
      { numRuns: 30 },
    );
  });

  it('does not grow beyond twice what is used when sizes change for a long time', () => {
    const { allocator: memory, grown } = allocator();
    const live: Block[] = [];
    let random = 1;
    const next = (below: number): number => {
      random = (random * 16807) % 2147483647;
      return random % below;
    };
    for (let i = 0; i < 20_000; i++) {
      // Batches of ever other lengths beside small things.
      const bytes = i % 3 === 0 ? next(400) : 1000 + next(200_000 + i);
      live.push(memory.allocate(bytes));
      if (live.length > 100) memory.release(live.splice(next(live.length), 1)[0]!);
    }
    expect(grown()).toBeLessThan(2 * memory.peak);
  });

  it('remembers the most that was in use', () => {
    const { allocator: memory } = allocator();
    const [x, y] = [memory.allocate(1000), memory.allocate(2000)];
    const most = memory.used;
    memory.release(x);
    memory.release(y);
    memory.allocate(10);
    expect(memory.peak).toBe(most);
  });

  it('lets go of blocks that are no more: whoever still has one that was given back does not keep all that came after it', () => {
    const { allocator: memory } = allocator();
    const order = new Rng(1);
    // Parameters, each replaced round by round, while values of many sizes come and go.
    const parameters = Array.from({ length: 8 }, (_, i) => memory.allocate(100 * (i + 1)));
    const stale: Block[] = [];
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 12 }, () => memory.allocate(64 * (1 + order.integer(7))));
      for (const [i, block] of parameters.entries()) {
        parameters[i] = memory.allocate(100 * (i + 1));
        memory.release(block);
      }
      if (round === 5) stale.push(...values);
      while (values.length > 0) memory.release(values.splice(order.integer(values.length), 1)[0]!);
    }
    const reachable = new Set(stale);
    for (const block of reachable) {
      for (const other of [block.before, block.behind, block.previous, block.next]) if (other) reachable.add(other);
    }
    expect(reachable.size).toBeLessThan(60);
  });
});
