import { type Effect, f64x2, i32x4, store } from '../assembler/instructions.ts';
import type { I32, V128 } from '../assembler/value.ts';

/** Writes the first number of a vector, of 4 or 8 bytes. */
export function storeFirst(address: I32, value: V128, bytes: 4 | 8): Effect {
  if (bytes === 4) return store.i32(address, i32x4.extract_lane(value, 0));
  return store.f64(address, f64x2.extract_lane(value, 0));
}
