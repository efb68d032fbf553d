import type { Primitive, PrimitiveAttrs } from '@unroll/backend';
import type { Tensor } from './tensor.ts';

/** One op that ran. */
export type RecordedOp = {
  readonly [P in Primitive]: {
    readonly primitive: P;
    readonly inputs: readonly Tensor[];
    readonly attrs: PrimitiveAttrs[P];
    readonly outputs: readonly Tensor[];
  };
}[Primitive];

/** Many ops that ran as one and bring their own derivative: a whole time loop. */
export interface CompositeOp {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /**
   * From the cotangents of the outputs (absent where there is none) to those of the inputs (absent where there is none, or where
   * `needs` is false).
   */
  pullBack(dys: readonly (Tensor | undefined)[], needs: readonly boolean[]): readonly (Tensor | undefined)[];
}

/** The derivative of one primitive op, in terms of ops; as `CompositeOp.pullBack`. */
export type Vjp = (
  op: RecordedOp,
  dys: readonly (Tensor | undefined)[],
  needs: readonly boolean[],
) => readonly (Tensor | undefined)[];

/** What a recorder brings along that can take composite ops: whoever makes them need not know of derivatives. */
export interface Differentiation {
  readonly vjp: Vjp;
  /** Whether the derivative will be asked for, by something that this tensor depends on or is. */
  isTracked(tensor: Tensor): boolean;
  recordComposite(op: CompositeOp): void;
}

/** Told of every op, after it ran. A gradient tape is one. */
export interface Recorder {
  record(op: RecordedOp): void;
  /** Without it, everything is recorded as primitives. */
  readonly differentiation?: Differentiation;
}

interface Link {
  readonly recorder: Recorder;
  readonly outer: Link | undefined;
}

let innermost: Link | undefined;

/**
 * Tells `recorder` of every op that runs in `fn`. Recorders outside hear of them too, so that derivatives of derivatives work.
 * Synchronous on purpose: a recording can't leak into unrelated work.
 */
export function withRecorder<T>(recorder: Recorder, fn: () => T): T {
  const outer = innermost;
  innermost = { recorder, outer };
  try {
    return fn();
  } finally {
    innermost = outer;
  }
}

/** Whether some recorder is listening. */
export function isRecording(): boolean {
  return innermost !== undefined;
}

/** The recorders that are listening, the innermost first. */
export function activeRecorders(): readonly Recorder[] {
  const recorders: Recorder[] = [];
  for (let link = innermost; link; link = link.outer) recorders.push(link.recorder);
  return recorders;
}

/** Passes an op to all recorders, the innermost first. */
export function notifyRecorders(op: RecordedOp): void {
  for (let link = innermost; link; link = link.outer) link.recorder.record(op);
}
