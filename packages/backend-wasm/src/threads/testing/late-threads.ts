import type { Memory } from '../../memory/memory.ts';
import { type Part, type Threads, oneThread } from '../threads.ts';

/**
 * Runs what is posted as late as it may be: when something else is run, or somebody asks where memory lies. So whoever looks at memory without
 * asking finds what was there before. Everything that can be divided is.
 */
export function lateThreads(memory: Memory, parts: number): Threads {
  const inOrder = oneThread(parts, 0);
  let late: readonly Part[] = [];
  const settle = (): void => {
    const all = late;
    late = [];
    inOrder.run(all);
  };
  memory.onTouch = settle;
  return {
    ...inOrder,
    run: (all) => {
      settle();
      return inOrder.run(all);
    },
    post: (all) => {
      settle();
      late = all;
    },
  };
}
