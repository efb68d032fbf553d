import { type Backend, UnrollError } from '@unroll/backend';
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
 * @throws UnrollError INVALID_ARGUMENT for what is no backend, as a promise of one
 */
export function setBackend(backend: Backend): void {
  checkBackend('setBackend', backend);
  active = backend;
}

/** Creates new tensors on `backend` while `fn` runs. Synchronous: asynchronous work after `fn` returned is not covered. */
export function withBackend<T>(backend: Backend, fn: () => T): T {
  checkBackend('withBackend', backend);
  const outer = active;
  active = backend;
  try {
    return fn();
  } finally {
    active = outer;
  }
}

/** A forgotten `await` is what plain JavaScript does not notice until the first tensor. */
function checkBackend(who: string, backend: Backend): void {
  const given: unknown = backend;
  if (typeof given === 'object' && given !== null && 'upload' in given) return;
  const isPromise = typeof given === 'object' && given !== null && 'then' in given;
  const what = isPromise ? 'a promise' : typeof given === 'function' ? 'a function' : String(given);
  const remedy = isPromise ? 'Await it' : 'Make one';
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: ${what} was given, not a backend. ${remedy}, say: const backend = await wasm().`,
  );
}
