import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// The function exists only in contexts made after the flag was set.
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/**
 * Frees all that nothing refers to, so that what is measured afterwards is held. V8 frees array buffers beside the program; a second collection waits for
 * those of the first, which a busy machine else still counts.
 */
export function collectGarbage(): void {
  gc();
  gc();
}
