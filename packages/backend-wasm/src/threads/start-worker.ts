import { type NodeWorker, type WebWorker, nodeThreads } from './platform.ts';
import { READY, type Start } from './protocol.ts';

/** A worker that was started from outside: Node's, or a browser's. */
export type AnyWorker = NodeWorker | WebWorker;

/** A worker, whatever it runs in. */
export interface WorkerHandle {
  /** When it can take parts of jobs; rejected if it does not start. */
  readonly ready: Promise<void>;
  /** Lets the process end without waiting for it, as it does anyway once it is ready. */
  detach(): void;
  end(): void;
}

declare const Worker: new (url: URL, options: { readonly type: 'module' }) => WebWorker;

/** What is said where the browser says nothing. */
const NOT_LOADED =
  'its file could not be loaded or run. With the development server of Vite, set optimizeDeps: { exclude: ' +
  "['@unroll/backend-wasm'] } in its configuration; with other bundlers, give makeWorker";

/** Starts a worker; `onEnd` is told if it ends by itself, and why. No process stays alive for it once it is ready. */
export function startWorker(
  start: Start,
  make: (() => AnyWorker) | undefined,
  onEnd: (reason: string) => void,
): WorkerHandle {
  let worker: AnyWorker;
  try {
    worker = (make ?? makeWorker)();
  } catch (error) {
    onEnd(reasonOf(error));
    return { ready: Promise.resolve(), detach: () => {}, end: () => {} };
  }
  let isEnded = false;
  const ready = new Promise<void>((resolve, reject) => {
    const failed = (error: unknown): void => {
      if (isEnded) return;
      isEnded = true;
      const reason = reasonOf(error);
      reject(new Error(reason));
      onEnd(reason);
    };
    if ('on' in worker) {
      worker.on('message', (message) => {
        if (message === READY) resolve();
      });
      worker.on('error', failed);
      worker.on('exit', (code) => failed(`it ended with code ${String(code)}`));
      // Not before: a process that waits for the backend has nothing else to wait for.
      worker.on('message', () => worker.unref());
    } else {
      worker.addEventListener('message', () => resolve());
      // Of a file that is not there browsers give no message, or an empty one.
      worker.addEventListener('error', ({ message }) => failed(message || NOT_LOADED));
    }
  });
  // Whoever waits for it hears of it; that nobody waits is no error.
  ready.catch(() => {});
  worker.postMessage(start, []);
  return {
    ready,
    detach: () => {
      if ('unref' in worker) worker.unref();
    },
    end: () => {
      isEnded = true;
      void worker.terminate();
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function makeWorker(): AnyWorker {
  const node = nodeThreads();
  // Bundlers know this form and bring worker.js along; it lies beside this file once that is built.
  if (!node) return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  // Sources run as they are. The flags of the process are not for a worker: they may load what is not for it.
  const here = import.meta.url;
  const file = here.slice(0, here.lastIndexOf('/') + 1) + (here.endsWith('.ts') ? 'worker.ts' : 'worker.js');
  return new node.Worker(new URL(file), { execArgv: [] });
}
