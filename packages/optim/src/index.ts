/** Optimizers, gradient clipping and learning rate schedules. */
export type { Optimizer, OptimizerOptions, StepOptions, OptimizerState, SavedTensor } from './optimizer.ts';
export { Sgd, type SgdOptions } from './sgd.ts';
export { Adam, type AdamOptions, type MomentOptions } from './adam.ts';
export { AdamW, type AdamWOptions } from './adam-w.ts';
export { RmsProp, type RmsPropOptions } from './rms-prop.ts';
export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adadelta, type AdadeltaOptions } from './adadelta.ts';
export { Adamax, type AdamaxOptions } from './adamax.ts';
export { NAdam, type NAdamOptions } from './n-adam.ts';
export { RAdam, type RAdamOptions } from './r-adam.ts';
export { SlotOptimizer, type Slots, type Update, type UpdateContext } from './slot-optimizer.ts';
export {
  clipByGlobalNorm,
  clipByGlobalNormOnDevice,
  clipByValue,
  type ClipByGlobalNormOptions,
  type ClippedGradients,
  type DeviceClippedGradients,
} from './clip.ts';
export { type Schedule, constantRate, sequence } from './schedules/schedule.ts';
export { linearRamp, warmup, inverseSquareRoot } from './schedules/warmup.ts';
export { stepDecay, multiStepDecay, exponentialDecay, polynomialDecay } from './schedules/decay.ts';
export { type CosineOptions, cosineDecay, cosineWave, cosineRestarts } from './schedules/cosine.ts';
export { oneCycle, type OneCycleOptions } from './schedules/one-cycle.ts';
export { PlateauSchedule, type PlateauOptions, type PlateauState } from './schedules/plateau.ts';
