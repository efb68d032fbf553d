import type { Buffer, LoopStart, LoopSteps } from '@unroll/backend';
import type { Memory } from '../memory.ts';
import type { AfterPlan } from './after-steps.ts';
import type { StepPlan } from './plan.ts';
import { StepRunner } from './run-loop.ts';

/** What steps of a program take that is given one series and gives one. */
export interface StepsOptions {
  readonly memory: Memory;
  readonly plan: StepPlan;
  /** What is made of so many steps. */
  readonly after: (time: number) => AfterPlan;
  /** Looks at indices in a series before they are used. */
  readonly check: (xs: Buffer) => void;
}

/** Steps one at a time: what is packed of constants stays so, and the state stays as kernels leave and want it. */
export class CompiledSteps implements LoopSteps {
  readonly #options: StepsOptions;
  readonly #runner: StepRunner;

  constructor(options: StepsOptions, start: LoopStart) {
    const { memory, plan } = options;
    this.#options = options;
    const constant = (value: number): Buffer => start.constant(value);
    const { carried } = start;
    this.#runner = memory.whole(() => new StepRunner({ memory, plan, constant, carried }));
  }

  step(x: Buffer): Buffer {
    const { memory } = this.#options;
    const ys = this.run(1, x);
    try {
      return memory.share(ys, { shape: ys.shape.slice(1), dtype: ys.dtype });
    } finally {
      memory.free(ys);
    }
  }

  run(time: number, xs: Buffer): Buffer {
    const { memory, after, check } = this.#options;
    check(xs);
    const { series } = memory.whole(() => this.#runner.run({ time, series: () => xs, after: after(time), given: [] }));
    return series.values().next().value!;
  }

  carried(): readonly Buffer[] {
    return this.#options.memory.whole(() => this.#runner.carried());
  }

  end(): void {
    this.#runner.end();
  }
}
