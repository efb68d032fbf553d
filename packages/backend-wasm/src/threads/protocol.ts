/**
 * How threads talk: 32-bit words in a control area of linear memory, read and written by Atomics. The main thread posts a job of
 * several parts; whoever is free claims the next one, the main thread from the first on, workers from the last. So a worker that
 * has not come to it yet holds nothing up.
 */

/** The parts that nobody has taken: the first, and the first that is not there any more in the upper half. */
export const UNCLAIMED = 0;
/** Parts that workers have finished; the main thread sleeps on it. Words that change often have a cache line of their own. */
export const DONE = 16;
/** 1 while the main thread sleeps. */
export const MAIN_SLEEPS = 17;
/** Counts jobs; workers sleep on it. */
export const POSTED = 32;
/** Workers that sleep. */
export const SLEEPERS = 33;
/** 1 once workers are to leave. */
export const CLOSED = 34;
/** 0, or 1 + the length of the message that follows. */
export const FAILED = 48;
export const MESSAGE = 49;
export const MESSAGE_LENGTH = 200;

/** For each module, by its slot: how many times the slot was filled, where the bytes lie, and how many they are. */
export const MODULES = 256;
export const MODULE_WORDS = 3;
export const MODULE_SLOTS = 1024;
/** What is in the first slots are the kernels, which the modules of all others may import. */
export const KERNEL_MODULES = 2;

/** Where the calls of each part begin, and behind the last part its end. */
export const STARTS = 4096;
export const PARTS_AT_MOST = 255;
/** What the first call of each part returned. */
export const RESULTS: number = STARTS - PARTS_AT_MOST;
/** The calls: slot, function, number of arguments, they. Numbers of 8 bytes, which hold whatever a kernel may be told. */
export const CALLS: number = STARTS + PARTS_AT_MOST + 1;
export const CALL_NUMBERS = 32768;
export const CONTROL_BYTES: number = CALLS * 4 + CALL_NUMBERS * 8;

/** What a worker is sent when it starts. */
export interface Start {
  readonly memory: object;
  /** Address of the control area. */
  readonly control: number;
  /** Address of what its kernels have to themselves. */
  readonly scratch: number;
}

/** What it answers, once. */
export const READY = 'ready';

/** Takes a part: the first that is left, or the last. −1 if there is none. */
export function claim(words: Int32Array, fromTheEnd: boolean): number {
  for (;;) {
    const range = Atomics.load(words, UNCLAIMED);
    const [first, end] = [range & 0xffff, range >>> 16];
    if (first >= end) return -1;
    const rest = fromTheEnd ? rangeOf(first, end - 1) : rangeOf(first + 1, end);
    if (Atomics.compareExchange(words, UNCLAIMED, range, rest) === range) return fromTheEnd ? end - 1 : first;
  }
}

export function rangeOf(first: number, end: number): number {
  return first | (end << 16);
}

/** Looks again and again whether something has come, for a short time: waking a thread that sleeps takes longer. */
export function spin(has: () => boolean, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  do {
    for (let i = 0; i < LOOKS; i++) {
      if (has()) return true;
      pause?.();
    }
  } while (performance.now() < end);
  return false;
}

const LOOKS = 50;
/** Tells the processor that this is a waiting loop, where the engine can. */
const pause = Reflect.get(Atomics, 'pause') as (() => void) | undefined;
