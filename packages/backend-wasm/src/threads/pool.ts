import { UnrollError } from '@unroll/backend';
import type { WasmFunction, WasmInstance } from '../engine.ts';
import { SCRATCH_BYTES } from '../kernels/static-area.ts';
import type { Block } from '../memory/free-lists.ts';
import type { Memory } from '../memory/memory.ts';
import { Contention } from './contention.ts';
import { maySleep } from './platform.ts';
import {
  CALLS,
  CALL_NUMBERS,
  CLOSED,
  CONTROL_BYTES,
  DONE,
  FAILED,
  MAIN_SLEEPS,
  MESSAGE,
  MODULES,
  MODULE_SLOTS,
  MODULE_WORDS,
  PARTS_AT_MOST,
  POSTED,
  RESULTS,
  SLEEPERS,
  STARTS,
  UNCLAIMED,
  claim,
  rangeOf,
  spin,
} from './protocol.ts';
import { type AnyWorker, type WorkerHandle, startWorker } from './start-worker.ts';
import { LEAST_WORK, type Part, type Threads, runHere, runPart } from './threads.ts';

/** Milliseconds that the main thread looks for the end of a job before it sleeps: so many, and a part of what its own work took. */
const SPIN = 0.05;
const SPIN_OF_OWN = 0.25;
/** A worker that has begun a part and does not finish it is given up after so many times of what the other parts took … */
const PATIENCE = 100;
/** … and after so many milliseconds at least. */
const LEAST = 20_000;
/** Milliseconds of sleep between two looks at the clock. */
const NAP = 100;

export interface PoolOptions {
  readonly memory: Memory;
  /** Address of memory set aside: see `reservedBytes`. */
  readonly start: number;
  readonly parts: number;
  readonly workers: number;
  /** Makes a worker where the package cannot find its own file. */
  readonly makeWorker?: (() => AnyWorker) | undefined;
  /** Is told when there are fewer threads than before, and why. */
  readonly onFewer: (message: string) => void;
  /** Microseconds of work that are worth being divided. Default: 20. */
  readonly leastWork?: number;
  /** Milliseconds after which a worker that has begun a part may be given up. Default: 20 000. */
  readonly patience?: number;
  /** Says when workers are asked. Default: as jobs turn out by the clock. */
  readonly contention?: Pick<Contention, keyof Contention>;
}

/** Bytes that a pool needs at the start of memory. */
export function reservedBytes(workers: number): number {
  return CONTROL_BYTES + workers * SCRATCH_BYTES;
}

/** Where a function is found in every thread. */
interface Place {
  readonly slot: number;
  readonly index: number;
}

/** Workers on shared memory. The main thread takes its parts of every job, and all that no worker has begun when it is done with them. */
export class Pool implements Threads {
  readonly parts: number;
  readonly leastWork: number;
  readonly #memory: Memory;
  readonly #words: Int32Array;
  readonly #calls: Float64Array;
  readonly #maySleep: boolean;
  readonly #places = new WeakMap<WasmFunction, Place>();
  readonly #blocks = new Map<number, Block>();
  readonly #owners = new FinalizationRegistry<number>((slot) => this.#forget(slot));
  readonly #contention: Pick<Contention, keyof Contention>;
  readonly #onFewer: (message: string) => void;
  readonly #workers: readonly WorkerHandle[];
  readonly #patience: number;
  #running: number;
  #hasPaused = false;
  #unsettled: Job | undefined;
  #failure: UnrollError | undefined;
  #lastReason: string | undefined;

  constructor(options: PoolOptions) {
    const { memory, start, parts, workers, makeWorker, onFewer } = options;
    this.#patience = options.patience ?? LEAST;
    this.#contention = options.contention ?? new Contention(() => performance.now());
    this.leastWork = options.leastWork ?? LEAST_WORK;
    this.parts = Math.min(parts, PARTS_AT_MOST);
    this.#memory = memory;
    this.#words = new Int32Array(memory.linear.memory.buffer, start, CALLS);
    this.#calls = new Float64Array(memory.linear.memory.buffer, start + CALLS * 4, CALL_NUMBERS);
    this.#maySleep = maySleep(this.#words);
    this.#onFewer = onFewer;
    this.#running = workers;
    // Listeners stay as long as their workers, which end with the pool: they must not keep it.
    const pool = new WeakRef(this);
    const message = { memory: memory.linear.memory, control: start };
    const onEnd = (reason: string): void => {
      const owner = pool.deref();
      if (owner) owner.#lose(reason);
    };
    this.#workers = Array.from({ length: workers }, (_, i) =>
      startWorker({ ...message, scratch: start + CONTROL_BYTES + i * SCRATCH_BYTES }, makeWorker, onEnd),
    );
    abandoned.register(this, { words: this.#words, workers: this.#workers }, this);
    memory.onTouch = settling(this);
  }

  /** When all workers have started, or failed to, which `onFewer` is told. */
  async ready(): Promise<void> {
    await Promise.allSettled(this.#workers.map((worker) => worker.ready));
  }

  /** Lets the process end without waiting for workers to start. */
  detach(): void {
    for (const worker of this.#workers) worker.detach();
  }

  /** Threads that work, this one included. */
  get threads(): number {
    return this.#running + 1;
  }

  add(bytes: Uint8Array, exports: WasmInstance['exports'], owner?: object): void {
    let slot = 0;
    while (this.#blocks.has(slot)) slot++;
    // Functions without a place are called on this thread.
    if (slot === MODULE_SLOTS) return;
    const block = this.#memory.reserve(bytes.length);
    this.#blocks.set(slot, block);
    new Uint8Array(this.#memory.linear.memory.buffer).set(bytes, block.address);
    const at = MODULES + slot * MODULE_WORDS;
    this.#words[at]!++;
    this.#words[at + 1] = block.address;
    this.#words[at + 2] = bytes.length;
    Object.values(exports).forEach((each, index) => this.#places.set(each as WasmFunction, { slot, index }));
    if (owner) this.#owners.register(owner, slot);
  }

  run(parts: readonly Part[]): readonly number[] {
    if (!this.#start(parts)) return this.#runAlone(parts);
    this.#finish();
    return parts.map((_, part) => this.#words[RESULTS + part]!);
  }

  post(parts: readonly Part[]): void {
    if (!this.#start(parts)) this.#runAlone(parts);
  }

  /**
   * Returns when the last job is done. Where a part of it failed, somebody has a buffer that nobody has written: then all that follows is refused.
   * @throws UnrollError WORKER_FAILED
   */
  settle(): void {
    if (this.#failure) throw this.#failure;
    if (!this.#unsettled) return;
    try {
      this.#finish();
    } catch (error) {
      if (error instanceof UnrollError && error.code === 'WORKER_FAILED') this.#failure = error;
      throw error;
    }
  }

  /** Waits for the job that is under way. */
  #finish(): void {
    const { parts, own, ownTime } = this.#unsettled!;
    this.#unsettled = undefined;
    const others = parts.length - own;
    let time = ownTime;
    // What was done by now held nobody up.
    if (Atomics.load(this.#words, DONE) !== others) {
      const begin = performance.now();
      this.#join(others, ownTime);
      time += performance.now() - begin;
    }
    if (this.#words[FAILED] !== 0) this.#throwFailure();
    this.#say(this.#contention.noteShared({ parts, time, ownParts: own, ownTime }));
  }

  /** Does all parts of a job here. */
  #runAlone(parts: readonly Part[]): readonly number[] {
    if (parts.length < 2 || this.#running === 0 || this.#contention.asksWorkers) return runHere(parts);
    const begin = performance.now();
    const results = runHere(parts);
    this.#say(this.#contention.noteAlone(parts, performance.now() - begin));
    return results;
  }

  #say(isBusy: boolean): void {
    if (!isBusy || this.#hasPaused) return;
    this.#hasPaused = true;
    this.#onFewer(
      'jobs take no less time with more threads, as where other programs keep the processors busy: one works at present',
    );
  }

  /** Hands a job out and does this thread's share of it. False if it can't be handed out. The job before is done in either case. */
  #start(parts: readonly Part[]): boolean {
    this.settle();
    if (parts.length < 2 || this.#running === 0 || !this.#contention.asksWorkers || !this.#write(parts)) return false;
    const begin = performance.now();
    const words = this.#words;
    words[DONE] = 0;
    words[FAILED] = 0;
    Atomics.store(words, UNCLAIMED, rangeOf(1, parts.length));
    Atomics.add(words, POSTED, 1);
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, POSTED, parts.length - 1);

    let own = 0;
    try {
      for (let part = 0; part >= 0; part = claim(words, false)) {
        own++;
        words[RESULTS + part] = runPart(parts[part]!);
      }
    } catch (error) {
      // What nobody has begun stays undone; what workers have begun has to end first.
      const range = Atomics.exchange(words, UNCLAIMED, 0);
      this.#join(parts.length - own - Math.max(0, (range >>> 16) - (range & 0xffff)), 0);
      throw error;
    }
    this.#unsettled = { parts, own, ownTime: performance.now() - begin };
    return true;
  }

  /** Ends the workers. */
  dispose(): void {
    abandoned.unregister(this);
    this.#running = 0;
    this.#unsettled = undefined;
    this.#failure = undefined;
    endAll({ words: this.#words, workers: this.#workers });
  }

  /** Writes down the parts but the first, which is this thread's. False if they cannot be handed out. */
  #write(parts: readonly Part[]): boolean {
    const [words, calls] = [this.#words, this.#calls];
    if (parts.length > PARTS_AT_MOST) return false;
    let at = 0;
    for (let part = 1; part < parts.length; part++) {
      words[STARTS + part] = at;
      for (const { kernel, values } of parts[part]!) {
        const place = this.#places.get(kernel);
        if (!place || at + 3 + values.length > CALL_NUMBERS) return false;
        calls[at++] = place.slot;
        calls[at++] = place.index;
        calls[at++] = values.length;
        for (let i = 0; i < values.length; i++) calls[at++] = values[i]!;
      }
    }
    words[STARTS + parts.length] = at;
    return true;
  }

  /** Returns when workers have finished so many parts. */
  #join(count: number, ownTime: number): void {
    const words = this.#words;
    const isDone = (): boolean => Atomics.load(words, DONE) === count;
    if (isDone() || spin(isDone, SPIN + SPIN_OF_OWN * ownTime)) return;
    const patience = performance.now() + Math.max(this.#patience, PATIENCE * ownTime);
    Atomics.store(words, MAIN_SLEEPS, 1);
    for (let done = Atomics.load(words, DONE); done !== count; done = Atomics.load(words, DONE)) {
      if (this.#maySleep) Atomics.wait(words, DONE, done, NAP);
      else spin(isDone, NAP);
      if (performance.now() > patience) {
        this.dispose();
        throw new UnrollError('WORKER_FAILED', 'wasm: a worker does not answer. Make a new backend with wasm().');
      }
    }
    Atomics.store(words, MAIN_SLEEPS, 0);
  }

  #throwFailure(): never {
    const words = this.#words;
    const message = words.subarray(MESSAGE, MESSAGE + words[FAILED]! - 1);
    throw new UnrollError(
      'WORKER_FAILED',
      `wasm: a worker failed: ${String.fromCharCode(...message)}. Make a new backend with wasm().`,
    );
  }

  #lose(reason: string): void {
    this.#running--;
    // All of them may have the same.
    if (reason !== this.#lastReason) this.#onFewer(`a worker ended (${reason})`);
    this.#lastReason = reason;
  }

  #forget(slot: number): void {
    this.#memory.release(this.#blocks.get(slot)!);
    this.#blocks.delete(slot);
  }
}

/** A job whose other parts may still run: its parts, how many were done here, and the milliseconds that these took. */
interface Job {
  readonly parts: readonly Part[];
  readonly own: number;
  readonly ownTime: number;
}

interface Crew {
  readonly words: Int32Array;
  readonly workers: readonly WorkerHandle[];
}

/** Written out here: what is written in the constructor is kept by all that is, the listeners too. */
function settling(pool: Pool): () => void {
  return () => pool.settle();
}

/** Workers whose backend nobody refers to any more end with it. */
const abandoned = new FinalizationRegistry<Crew>(endAll);

function endAll({ words, workers }: Crew): void {
  Atomics.store(words, CLOSED, 1);
  Atomics.add(words, POSTED, 1);
  Atomics.notify(words, POSTED);
  for (const worker of workers) worker.end();
}
