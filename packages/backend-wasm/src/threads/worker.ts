// What runs in each thread but the main one: waits for parts of jobs and makes the calls that they consist of. A file of its own, which
// bundlers find by its name in start-worker.ts.
import { type WasmFunction, type WasmMemory, engine } from '../engine.ts';
import { nodeThreads } from './platform.ts';
import {
  CALLS,
  CALL_NUMBERS,
  CLOSED,
  DONE,
  FAILED,
  KERNEL_MODULES,
  MAIN_SLEEPS,
  MESSAGE,
  MESSAGE_LENGTH,
  MODULES,
  MODULE_WORDS,
  POSTED,
  READY,
  RESULTS,
  SLEEPERS,
  STARTS,
  type Start,
  UNCLAIMED,
  claim,
  spin,
} from './protocol.ts';

/**
 * Milliseconds that a worker looks for the next job before it sleeps: so many, or `LONG_SPIN` where the last one came sooner than that,
 * as the jobs of a training step do. Who sleeps comes late to a job, by as much as a small one takes.
 */
const SPIN = 0.05;
const LONG_SPIN = 0.5;

class Worker {
  readonly #memory: WasmMemory;
  readonly #words: Int32Array;
  readonly #calls: Float64Array;
  readonly #scratch: number;
  readonly #kernels: Record<string, unknown> = {};
  readonly #modules: { version: number; functions: readonly WasmFunction[] }[] = [];
  readonly #arguments: number[] = [];

  constructor({ memory, control, scratch }: Start) {
    this.#memory = memory as WasmMemory;
    this.#words = new Int32Array(this.#memory.buffer, control, CALLS);
    this.#calls = new Float64Array(this.#memory.buffer, control + CALLS * 4, CALL_NUMBERS);
    this.#scratch = scratch;
  }

  /** Returns when the backend is disposed. */
  serve(): void {
    const words = this.#words;
    const hasWork = (): boolean => {
      const range = Atomics.load(words, UNCLAIMED);
      return (range & 0xffff) < range >>> 16;
    };
    let patience = SPIN;
    while (Atomics.load(words, CLOSED) === 0) {
      const posted = Atomics.load(words, POSTED);
      const part = claim(words, true);
      if (part >= 0) {
        this.#run(part);
        continue;
      }
      const begin = performance.now();
      if (!spin(hasWork, patience)) {
        Atomics.add(words, SLEEPERS, 1);
        Atomics.wait(words, POSTED, posted);
        Atomics.sub(words, SLEEPERS, 1);
      }
      patience = performance.now() - begin < LONG_SPIN ? LONG_SPIN : SPIN;
    }
  }

  #run(part: number): void {
    const words = this.#words;
    try {
      words[RESULTS + part] = this.#call(words[STARTS + part]!, words[STARTS + part + 1]!);
    } catch (error) {
      this.#report(String(error));
    }
    Atomics.add(words, DONE, 1);
    if (Atomics.load(words, MAIN_SLEEPS) === 1) Atomics.notify(words, DONE);
  }

  /** What the first of the calls returns. */
  #call(start: number, end: number): number {
    const [calls, values] = [this.#calls, this.#arguments];
    let result: number | undefined;
    for (let at = start; at < end;) {
      const [slot, index, count] = [calls[at]!, calls[at + 1]!, calls[at + 2]!];
      values.length = count;
      for (let i = 0; i < count; i++) values[i] = calls[at + 3 + i]!;
      const returned = this.#functionsOf(slot)[index]!(...values);
      result ??= returned | 0;
      at += 3 + count;
    }
    return result ?? 0;
  }

  /** This thread's own instance of a module, made when it is first called. */
  #functionsOf(slot: number): readonly WasmFunction[] {
    const words = this.#words;
    const at = MODULES + slot * MODULE_WORDS;
    const version = words[at]!;
    const known = this.#modules[slot];
    if (known?.version === version) return known.functions;
    if (slot >= KERNEL_MODULES) for (let i = 0; i < KERNEL_MODULES; i++) this.#functionsOf(i);
    const host = engine()!;
    // Compilers do not take shared memory.
    const bytes = new Uint8Array(this.#memory.buffer, words[at + 1]! >>> 0, words[at + 2]).slice();
    const { exports } = new host.Instance(new host.Module(bytes), {
      env: { memory: this.#memory, scratch: this.#scratch, ...this.#kernels },
    });
    if (slot < KERNEL_MODULES) Object.assign(this.#kernels, exports);
    const functions = Object.values(exports) as WasmFunction[];
    this.#modules[slot] = { version, functions };
    return functions;
  }

  /** The first error counts. */
  #report(text: string): void {
    const words = this.#words;
    if (Atomics.load(words, FAILED) !== 0) return;
    const length = Math.min(text.length, MESSAGE_LENGTH);
    for (let i = 0; i < length; i++) words[MESSAGE + i] = text.charCodeAt(i);
    Atomics.store(words, FAILED, 1 + length);
  }
}

function begin(start: Start, ready: () => void): void {
  const worker = new Worker(start);
  ready();
  worker.serve();
}

declare const self: {
  postMessage(message: string, moved: never[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
};

const port = nodeThreads()?.parentPort;
if (port) port.once('message', (start) => begin(start as Start, () => port.postMessage(READY, [])));
else self.addEventListener('message', ({ data }) => begin(data as Start, () => self.postMessage(READY, [])));
