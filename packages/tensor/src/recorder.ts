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

/** Told of every op, after it ran. A gradient tape is one. */
export interface Recorder {
  record(op: RecordedOp): void;
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

/** Passes an op to all recorders, the innermost first. */
export function notifyRecorders(op: RecordedOp): void {
  for (let link = innermost; link; link = link.outer) link.recorder.record(op);
}
