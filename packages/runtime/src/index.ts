/** Runs models that were compiled ahead of time. */
export { load } from './load.ts';
export type { CompiledModel, StreamOptions } from './model.ts';
export type { ModelStream, ModelArray, ModelState } from './stream.ts';
export { generate, type GenerateOptions } from './generate.ts';
export { greedy, sampled, type ChooseToken, type SampledOptions } from './sampling.ts';
export { Rng } from './rng.ts';
export { RuntimeError, type RuntimeErrorCode } from './error.ts';
