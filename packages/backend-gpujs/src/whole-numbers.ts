import { UnrollError } from '@unroll/backend';

/** Whole numbers up to here, on either side of 0, are exact in float32. */
export const LARGEST_INTEGER: number = 2 ** 24;

/**
 * What a kernel writes in the place of an int32 result that float32 would round: ops carry it on, and a download or a lookup refuses it.
 */
export const ROUNDED = 3e38;

/**
 * Whole numbers as float32.
 * @throws UnrollError INVALID_ARGUMENT for one that would be rounded
 */
export function exactFloats(host: Int32Array, op: string): Float32Array {
  for (const [i, value] of host.entries()) {
    if (Math.abs(value) > LARGEST_INTEGER) throw tooLarge(`${op}: the int32 ${value} at position ${i}`);
  }
  return Float32Array.from(host);
}

export function tooLarge(what: string): UnrollError {
  return new UnrollError(
    'INVALID_ARGUMENT',
    `gpujs: ${what} is beyond ±${LARGEST_INTEGER}, to where a GPU of GPU.js counts exactly. Compute with it on @unroll/backend-cpu or -wasm.`,
  );
}
