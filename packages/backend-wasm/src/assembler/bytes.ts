import type { Code } from './value.ts';

/** Bytes that code is written to, one part behind the other. */
export class Bytes {
  #memory = new Uint8Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(code: Code): void {
    const end = put(code, this.#memory, this.#length);
    if (end > this.#memory.length) {
      this.#grow(end);
      put(code, this.#memory, this.#length);
    }
    this.#length = end;
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#memory.length) this.#grow(end);
    this.#memory.set(bytes, this.#length);
    this.#length = end;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What has been written, until something else is. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const memory = new Uint8Array(2 * length);
    memory.set(this.written);
    this.#memory = memory;
  }
}

/** Gives the position behind the code. What lies beyond the end of the memory is lost. */
function put(code: Code, memory: Uint8Array, start: number): number {
  let at = start;
  // Modules are written where nothing is optimised yet: a plain loop then takes a third of the time.
  for (let i = 0; i < code.length; i++) {
    const part = code[i]!;
    if (typeof part === 'number') memory[at++] = part;
    else at = put(part, memory, at);
  }
  return at;
}
