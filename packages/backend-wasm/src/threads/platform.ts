/** What this package uses of Node's `worker_threads`. Asked of the process when it is needed, so that bundlers for browsers see nothing. */
export interface NodeThreads {
  readonly Worker: new (file: URL, options: { readonly execArgv: readonly string[] }) => NodeWorker;
  readonly parentPort: {
    postMessage(message: string, moved: never[]): void;
    once(event: 'message', listener: (message: unknown) => void): void;
  } | null;
}

/** A worker of Node, as far as this package uses it. */
export interface NodeWorker {
  postMessage(message: object, moved: never[]): void;
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  unref(): void;
  terminate(): unknown;
}

/** A worker of a browser, as far as this package uses it. */
export interface WebWorker {
  postMessage(message: object, moved: never[]): void;
  addEventListener(type: 'message' | 'error', listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

interface Process {
  getBuiltinModule?(name: string): unknown;
}

/** Node's threads, also in runtimes that have them by the same name; none in a browser. */
export function nodeThreads(): NodeThreads | undefined {
  const process = Reflect.get(globalThis, 'process') as Process | undefined;
  return process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined;
}

/** How many threads can run at a time. */
export function cores(): number {
  const process = Reflect.get(globalThis, 'process') as Process | undefined;
  const os = process?.getBuiltinModule?.('node:os') as { availableParallelism(): number } | undefined;
  if (os) return os.availableParallelism();
  const navigator = Reflect.get(globalThis, 'navigator') as { hardwareConcurrency?: number } | undefined;
  return navigator?.hardwareConcurrency ?? 1;
}

/** Why memory cannot be shared with workers here, or undefined if it can. */
export function whyNotShared(): string | undefined {
  if (Reflect.get(globalThis, 'crossOriginIsolated') === false) {
    return (
      'the page is not cross-origin isolated: serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
      'Cross-Origin-Embedder-Policy: require-corp'
    );
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'this engine has no shared memory';
  return nodeThreads() || Reflect.has(globalThis, 'Worker') ? undefined : 'there are no workers here';
}

/** Whether this thread may sleep: a page's main thread may not, and has to look again and again. */
export function maySleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, 0, Atomics.load(words, 0), 0);
    return true;
  } catch {
    return false;
  }
}
