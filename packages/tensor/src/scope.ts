import { UnrollError } from '@unroll/backend';
import { isRecording } from './recorder.ts';
import type { Tensor } from './tensor.ts';
import { visitTensors } from './tree.ts';

/** A block of work that frees what it made. */
export interface Scope {
  readonly tensors: Tensor[];
  readonly outer: Scope | undefined;
}

let innermost: Scope | undefined;

/** The scope that owns tensors made now. */
export function currentScope(): Scope | undefined {
  return innermost;
}

/**
 * Frees every tensor made in `fn` except those it returns (in arrays, objects and maps, at any depth) and those passed to `keep`.
 * While a recorder listens, tensors go to the scope outside instead, because the recording may need them.
 *
 * `valueAndGrad`, the optimizers, `fit` and the decoders open scopes themselves.
 * @throws UnrollError INVALID_ARGUMENT if `fn` is asynchronous
 */
export function scope<T>(fn: () => T): T {
  const own: Scope = { tensors: [], outer: innermost };
  innermost = own;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    innermost = own.outer;
    close(own, new Set());
    throw error;
  }
  innermost = own.outer;
  if (result instanceof Promise) {
    result.catch(() => undefined);
    close(own, new Set());
    throw new UnrollError('INVALID_ARGUMENT', 'scope: the function is asynchronous. Await outside of the scope.');
  }
  const returned = new Set<Tensor>();
  // A recording keeps them all, whichever are returned.
  if (!isRecording()) visitTensors(result, (tensor) => returned.add(tensor));
  close(own, returned);
  return result;
}

function close(own: Scope, returned: ReadonlySet<Tensor>): void {
  const handOver = isRecording();
  for (const tensor of own.tensors) {
    if (tensor.owner !== own) continue;
    if (handOver || returned.has(tensor)) {
      tensor.owner = own.outer;
      own.outer?.tensors.push(tensor);
    } else {
      tensor.dispose();
    }
  }
}

/** Takes a tensor out of all scopes: it lives until `dispose`, or until nothing refers to it. Returns it. */
export function keep(tensor: Tensor): Tensor {
  tensor.owner = undefined;
  return tensor;
}
