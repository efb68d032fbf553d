import type { Tensor } from './tensor.ts';

/** Told of every value that a model names with `probe`, in the order in which they are computed. */
export type ProbeWatcher = (name: string, value: Tensor) => void;

let watcher: ProbeWatcher | undefined;

/** Names a value inside a cell (a gate, a score) so that a caller can watch it over time. Gives the value back unchanged. */
export function probe(name: string, value: Tensor): Tensor {
  watcher?.(name, value);
  return value;
}

/** Whether somebody watches; a fast path that would skip probes must then not be taken. */
export function isProbing(): boolean {
  return watcher !== undefined;
}

/**
 * Tells `watch` of every probe that `fn` passes; watchers outside are not told. Values that are to live on are taken out of the
 * scopes with `keep`, or read on the spot.
 */
export function withProbes<T>(watch: ProbeWatcher, fn: () => T): T {
  const outer = watcher;
  watcher = watch;
  try {
    return fn();
  } finally {
    watcher = outer;
  }
}
