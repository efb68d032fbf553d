// Property tests draw the same cases in every run, so that a failure can be seen again; UNROLL_SEED=17 draws others, UNROLL_SEED=random
// new ones each time.
import fc from 'fast-check';

// A page has no process.
const seed = globalThis.process?.env['UNROLL_SEED'] ?? '1';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
