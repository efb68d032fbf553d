import { Rng, type Tensor, type TensorTree, keep, scope } from '@unroll/tensor';
import type { LossContext, LossResult } from '@unroll/training';
import { keyOf, tensorsIn } from './batch-tensors.ts';
import type { DiagnoseOptions } from './options.ts';

/** A model on a batch, to be examined again and again, each time with the same random numbers. */
export class Patient<Batch, Carry extends TensorTree> {
  readonly options: DiagnoseOptions<Batch, Carry>;
  readonly batch: Batch;
  /** [batch, time]; undefined where nothing is known of padding. */
  readonly mask: Tensor | undefined;
  readonly #rngState: readonly number[];

  constructor(options: DiagnoseOptions<Batch, Carry>, batch: Batch) {
    this.options = options;
    this.batch = batch;
    this.mask = options.mask?.(batch) ?? namedMask(batch);
    this.#rngState = (options.rng ?? new Rng(0)).state();
  }

  /** Inside a scope. */
  run(batch: Batch): LossResult<Carry> {
    const context: LossContext<Carry> = { carry: undefined, rng: Rng.fromState(this.#rngState), step: 0 };
    return this.options.loss(batch, context);
  }

  async lossOf(batch: Batch): Promise<number> {
    const loss = scope(() => keep(this.run(batch).loss.detach()));
    const [value] = await loss.data();
    loss.dispose();
    return value!;
  }
}

function namedMask(batch: unknown): Tensor | undefined {
  for (const [path, tensor] of tensorsIn(batch)) if (keyOf(path) === 'mask' && tensor.rank === 2) return tensor;
  return undefined;
}

/** Whether two losses are equal but for rounding. */
export function sameLoss(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}
