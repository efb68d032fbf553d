import type { PageContestant } from './contestant.ts';

/** jax-js on `webgpu` or `wasm`. */
export function jax(device: string): Promise<PageContestant>;
