import type { Buffer } from './buffer.ts';
import type { CompiledLoop, LoopRun, LoopStart, LoopSteps } from './compiled-loop.ts';
import type { Count } from './profile.ts';

interface Counter {
  readonly now: () => number;
  readonly count: Count;
}

/** A compiled loop whose runs, and whose steps one at a time, are counted. */
export function profiledLoop(loop: CompiledLoop, { now, count }: Counter): CompiledLoop {
  const run = (given: LoopRun): ReturnType<CompiledLoop> => {
    const start = now();
    const read = new Set<Buffer>(given.carried);
    const results = loop({
      time: given.time,
      carried: given.carried,
      constant: (value) => noted(read, given.constant(value)),
      series: (value) => noted(read, given.series(value)),
    });
    count('loop', 'loop', start, [...read, ...results.carried, ...results.series.values(), ...results.totals.values()]);
    return results;
  };
  const { begin, kernels } = loop;
  return Object.assign(run, {
    ...(begin && { begin: (start: LoopStart) => profiledSteps(begin(start), { now, count }) }),
    ...(kernels !== undefined && { kernels }),
  });
}

function profiledSteps(steps: LoopSteps, { now, count }: Counter): LoopSteps {
  return {
    step(x) {
      const start = now();
      const y = steps.step(x);
      count('step', 'loop', start, [x, y]);
      return y;
    },
    run(time, xs) {
      const start = now();
      const ys = steps.run(time, xs);
      count('steps', 'loop', start, [xs, ys]);
      return ys;
    },
    carried: () => steps.carried(),
    end: () => steps.end(),
  };
}

function noted(read: Set<Buffer>, buffer: Buffer): Buffer {
  read.add(buffer);
  return buffer;
}
