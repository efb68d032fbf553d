import type { PageContestant } from './contestant.ts';

/** TensorFlow.js on `webgl` or `webgpu`. */
export function tfjs(device: string): Promise<PageContestant>;
