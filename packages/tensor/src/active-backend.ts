import type { Backend } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';

let active: Backend | undefined;

/** The backend on which new tensors are created; `backend-cpu` until another is set. */
export function getBackend(): Backend {
  active ??= cpu();
  return active;
}

/**
 * Creates new tensors on `backend` from now on. Tensors that exist stay where they are: ops run on the backend of their inputs.
 * Set it once, at the start of a program.
 */
export function setBackend(backend: Backend): void {
  active = backend;
}

/** Creates new tensors on `backend` while `fn` runs. Synchronous: asynchronous work after `fn` returned is not covered. */
export function withBackend<T>(backend: Backend, fn: () => T): T {
  const outer = active;
  active = backend;
  try {
    return fn();
  } finally {
    active = outer;
  }
}
