import type { Pass } from './actions.ts';
import { emitNest } from './emit-nest.ts';
import { emitRowLoop } from './emit-rows.ts';
import type { Emission } from './emission.ts';

/** Writes the code of one pass. */
export function emitPass(emission: Emission, pass: Pass): void {
  if (pass.kind === 'rows') emitRowLoop(emission, pass);
  else emitNest(emission, pass);
}
