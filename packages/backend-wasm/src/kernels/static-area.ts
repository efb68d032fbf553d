import { i32, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, V128 } from '../assembler/value.ts';

/** The start of memory: address 0 stays unused, then the constants of each module, then room for half-done results. */
const CONSTANTS = 64;
const CONSTANTS_END = 3072;
/** The constants that all compiled loops share. */
export const LOOP_CONSTANTS = 3072;
export const LOOP_CONSTANTS_END = 4096;
/** Where the main thread's kernels put what does not stay in registers: a tile at the edge of a matrix, a number repeated. */
export const SCRATCH = 4096;
/** Bytes of such a place. */
export const SCRATCH_BYTES = 4096;
/** The first byte that the allocator may give away. */
export const HEAP = 8192;

/**
 * Constants that kernels read from memory: a load that repeats one number in all lanes is one machine instruction, while
 * V8 puts a vector constant together anew at every use. Equal modules share their constants, so that each module writes
 * its own only when it is the first, or writes the same.
 */
export class Constants {
  readonly #addresses = new Map<string, number>();
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #start: number;
  #length = 0;

  constructor(start: number = CONSTANTS, end: number = CONSTANTS_END) {
    this.#start = start;
    this.#bytes = new Uint8Array(end - start);
    this.#view = new DataView(this.#bytes.buffer);
  }

  float32(value: number): V128 {
    return v128.load32_splat(
      ZERO,
      this.#address(`f${keyOf(value)}`, 4, (at) => this.#view.setFloat32(at, value, true)),
    );
  }

  float64(value: number): V128 {
    return v128.load64_splat(
      ZERO,
      this.#address(`d${keyOf(value)}`, 8, (at) => this.#view.setFloat64(at, value, true)),
    );
  }

  /** An integer in lanes of 4 or of 8 bytes. */
  integer(value: bigint, bytes: 4 | 8): V128 {
    const write = (at: number): void => this.#view.setBigInt64(at, value, true);
    // Written as eight bytes, of which lanes of four read the low ones.
    const address = this.#address(`i${value}`, 8, write);
    return bytes === 4 ? v128.load32_splat(ZERO, address) : v128.load64_splat(ZERO, address);
  }

  /** Bytes in a row; their address. */
  table(name: string, bytes: Uint8Array): number {
    return this.#address(name, bytes.length, (at) => this.#bytes.set(bytes, at), 8);
  }

  /** Makes every instance of the module write the constants. */
  addTo(module: ModuleBuilder): void {
    module.data(this.#start, this.#bytes.slice(0, this.#length));
  }

  #address(key: string, size: number, write: (offset: number) => void, alignment: number = size): number {
    let address = this.#addresses.get(key);
    if (address === undefined) {
      const offset = Math.ceil(this.#length / alignment) * alignment;
      write(offset);
      this.#length = offset + size;
      address = this.#start + offset;
      this.#addresses.set(key, address);
    }
    return address;
  }
}

const ZERO: I32 = i32.const(0);

/**
 * Where a kernel puts what does not stay in registers. On shared memory each thread has a place of its own, which its instance of
 * the module is told as `env.scratch`.
 */
export function scratchIn(module: ModuleBuilder): I32 {
  return module.hasSharedMemory ? module.importConstant('scratch', 'i32') : i32.const(SCRATCH);
}

function keyOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
