import type { Primitive } from '@unroll/backend';
import type { CompositeOp, Differentiation, RecordedOp, Recorder, Tensor, Vjp } from '@unroll/tensor';
import { type PrimitiveVjp, vjps } from './vjps.ts';

const none: ReadonlySet<Tensor> = new Set();

/** Remembers every op that depends on a watched tensor, and walks back over them. */
export class Tape implements Recorder {
  readonly #tracked: Set<Tensor>;
  readonly #ops: (RecordedOp | CompositeOp)[] = [];
  readonly differentiation: Differentiation;

  constructor(watched: readonly Tensor[]) {
    this.#tracked = new Set(watched);
    this.differentiation = {
      vjp,
      isTracked: (tensor) => this.isTracked(tensor),
      recordComposite: (op) => this.#push(op),
    };
  }

  record(op: RecordedOp): void {
    this.#push(op);
  }

  /** Whether a tensor depends on a watched one through ops (derivatives may still be zero). */
  isTracked(tensor: Tensor): boolean {
    return this.#tracked.has(tensor);
  }

  /**
   * Pulls the cotangent of `value` back to the watched tensors, and to those of `between` that lie on the way: states in the middle of a
   * sequence, say.
   */
  pullBack(value: Tensor, cotangent: Tensor, between: ReadonlySet<Tensor> = none): ReadonlyMap<Tensor, Tensor> {
    const cotangents = new Map<Tensor, Tensor>([[value, cotangent]]);
    for (let i = this.#ops.length - 1; i >= 0; i--) {
      const op = this.#ops[i]!;
      const dys = op.outputs.map((output) => cotangents.get(output));
      if (dys.every((dy) => dy === undefined)) continue;
      const needs = op.inputs.map((input) => this.#tracked.has(input));
      const dxs = 'pullBack' in op ? op.pullBack(dys, needs) : vjp(op, dys, needs);
      for (const [j, input] of op.inputs.entries()) {
        const dx = dxs[j];
        if (!dx || !needs[j]) continue;
        const sum = cotangents.get(input);
        cotangents.set(input, sum ? sum.add(dx) : dx);
      }
      // The cotangents of the outputs have served; memory for a long sequence would otherwise double.
      for (const output of op.outputs) if (output !== value && !between.has(output)) cotangents.delete(output);
    }
    return cotangents;
  }

  #push(op: RecordedOp | CompositeOp): void {
    if (!op.inputs.some((input) => this.#tracked.has(input))) return;
    for (const output of op.outputs) this.#tracked.add(output);
    this.#ops.push(op);
  }
}

/** The derivative of an op, by the table: cotangents of the outputs to those of the inputs. */
export const vjp: Vjp = (op, dys, needs) => {
  const rule = vjps[op.primitive] as PrimitiveVjp<Primitive>;
  return rule(dys, { inputs: op.inputs, outputs: op.outputs, attrs: op.attrs, needs });
};
