/** The training loop. */
export { fit } from './fit.ts';
export type {
  FitOptions,
  LossContext,
  LossResult,
  ValidationOptions,
  ValidationResult,
  GuardOptions,
  SampleOptions,
  CheckpointOptions,
} from './fit-options.ts';
export type {
  FitEvent,
  StepEvent,
  ValidationEvent,
  SampleEvent,
  CheckpointEvent,
  CheckpointName,
  AlarmEvent,
  DoneEvent,
  FitSummary,
} from './events.ts';
export { DivergenceError, type Divergence } from './divergence-error.ts';
export { predict, type PredictOptions } from './predict.ts';
export { MovingAverage, type MovingAverageOptions, type MovingAverageState } from './moving-average.ts';
export {
  findLearningRate,
  type FindLearningRateOptions,
  type LearningRateCurve,
  type LearningRatePoint,
} from './find-learning-rate.ts';
export {
  recommendBackend,
  type RecommendBackendOptions,
  type RecommendedBackend,
  type BackendCandidate,
} from './recommend-backend/recommend-backend.ts';
export {
  explainRecommendation,
  type BackendRecommendation,
  type BackendCalibration,
} from './recommend-backend/recommendation.ts';
export { logged, type EventLog } from './logs/event-log.ts';
export { jsonLinesLog, toJsonLine } from './logs/json-lines.ts';
export { tensorBoardLog } from './logs/tensorboard/tensorboard-log.ts';
export type { BatchSource, NextBatch } from './sources/batch-source.ts';
export { streamSource } from './sources/stream-source.ts';
export {
  randomLengthStreamSource,
  type RandomLengthStreamOptions,
  type RandomLengthChunk,
} from './sources/random-length-stream-source.ts';
export {
  epochSource,
  shuffledSource,
  bucketedSource,
  tokenBatchSource,
  type EpochSourceOptions,
} from './sources/epoch-source.ts';
export { sampledSource, windowSource, type SampledSourceOptions } from './sources/sampled-source.ts';
export { type CheckpointStore, loadCheckpoint } from './stores/checkpoint-store.ts';
export { memoryStore } from './stores/memory-store.ts';
export type { Checkpoint, SummedLosses } from './checkpoint/checkpoint.ts';
export { encodeCheckpoint, decodeCheckpoint } from './checkpoint/checkpoint-file.ts';
export type { SavedCarry, CarryLayout } from './checkpoint/carry.ts';
export type { EarlyStoppingOptions, ValidationProgress, KeptValidation } from './validation-progress.ts';
export type { Json } from './json.ts';
