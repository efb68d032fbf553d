import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// The function exists only in contexts made after the flag was set.
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Frees all that nothing refers to, so that what is measured afterwards is held. */
export function collectGarbage(): void {
  gc();
}
