/** What tests of other packages in this repository need: not published. */
export { traced } from './scan/traced.ts';
export type { LoopPolicy } from './scan/phases.ts';
