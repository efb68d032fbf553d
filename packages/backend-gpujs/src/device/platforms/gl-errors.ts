import { UnrollError } from '@unroll/backend';
import type { Held } from './platform.ts';

/** The part of a context that tells errors. */
export interface GlWithErrors {
  getError(): number;
  readonly [constant: Uppercase<string>]: number;
}

/** Memory of which WebGL is asked at once whether it was there: asking takes as long as some kernels. */
const LARGE = 2 ** 24;

/** So much new memory, and it is asked in any case. */
const OFTEN = 2 ** 28;

const NAMES = ['OUT_OF_MEMORY', 'INVALID_FRAMEBUFFER_OPERATION', 'INVALID_OPERATION', 'INVALID_VALUE', 'INVALID_ENUM'];

/**
 * WebGL tells errors only if asked, and goes on with textures that are none. It is asked after whatever is large, and with each read; an
 * error found then may be of anything since the last time, so that nothing can be trusted any more.
 */
export class GlErrors {
  readonly #context: () => GlWithErrors | null;
  readonly #held: () => Held;
  #since = 0;
  #failure: UnrollError | undefined;

  constructor(context: () => GlWithErrors | null, held: () => Held) {
    this.#context = context;
    this.#held = held;
  }

  /** @throws UnrollError OUT_OF_MEMORY or DEVICE_FAILED, from the first error on */
  check(): void {
    if (this.#failure) throw this.#failure;
    const error = this.#ask();
    if (error === undefined) return;
    const isMemory = error === 'OUT_OF_MEMORY';
    const what = isMemory ? `ran out of memory in the last ${megabytes(this.#since)}` : `reports ${error}`;
    this.#failure = new UnrollError(
      isMemory ? error : 'DEVICE_FAILED',
      `gpujs: WebGL ${what}; ${this.#alive()}. What was computed since the last read is not to be trusted. ` +
        `Make another backend with gpujs(), load the last checkpoint${isMemory ? ', and use a smaller batch' : ''}.`,
    );
    throw this.#failure;
  }

  /** Before memory is made. */
  making(bytes: number): void {
    // An error from before would seem to be of this.
    if (bytes >= LARGE) this.check();
  }

  /**
   * After memory was made.
   * @throws UnrollError OUT_OF_MEMORY if it is large and was not to be had: then nothing else is lost
   */
  made(name: string, bytes: number): void {
    this.#since += bytes;
    if (bytes < LARGE) {
      if (this.#since >= OFTEN) this.check();
      return;
    }
    const error = this.#ask();
    if (error === undefined) return;
    throw new UnrollError(
      error === 'OUT_OF_MEMORY' ? error : 'DEVICE_FAILED',
      `gpujs: ${name}: WebGL has no memory for ${megabytes(bytes)} more (${error}); ${this.#alive()}. ` +
        'Free tensors (scope, dispose), use a smaller batch, or let kernels hold on to less (kernelBytes).',
    );
  }

  /** The first error since the last time, if there is one. */
  #ask(): string | undefined {
    const gl = this.#context();
    if (!gl) return undefined;
    const found: string[] = [];
    // Each kind is told once; a context that is lost tells that once, too, and is found by isContextLost.
    for (let error = gl.getError(), i = 0; error !== 0 && i < 8; error = gl.getError(), i++) {
      const name = NAMES.find((each) => gl[each as Uppercase<string>] === error);
      if (name !== undefined) found.push(name);
    }
    if (found.length === 0) this.#since = 0;
    // Others follow from it.
    return found.includes('OUT_OF_MEMORY') ? 'OUT_OF_MEMORY' : found[0];
  }

  #alive(): string {
    const { textures, bytes } = this.#held();
    return `${textures} textures of ${megabytes(bytes)} are alive`;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
