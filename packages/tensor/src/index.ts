/** Immutable tensors, the ops on them, and what a model is made of. */
export { Tensor, type TensorLike, type ReduceOptions, type MatmulOptions, run } from './tensor.ts';
export type { Parts } from './parts.ts';
export { tensor, zeros, ones, full, arange, linspace, eye, type CreateOptions, type NestedNumbers } from './create.ts';
export { zerosLike, onesLike } from './create-like.ts';
export { add, sub, mul, div, maximum, minimum, where } from './ops/elementwise.ts';
export { clamp, type ClampOptions } from './ops/clamp.ts';
export { pow } from './ops/pow.ts';
export { log1p, expm1 } from './ops/near-zero.ts';
export { floor, ceil, round, remainder, sign } from './ops/rounding.ts';
export { lessEqual, greaterEqual, notEqual, isNaN, isFinite, any, all } from './ops/comparisons.ts';
export { matmul } from './ops/matmul.ts';
export { outer, cosineSimilarity, type CosineSimilarityOptions } from './ops/vectors.ts';
export { variance, standardDeviation, norm, type VarianceOptions } from './ops/statistics.ts';
export { cumsum } from './ops/cumsum.ts';
export { concat, stack, unstack, select, scatterAdd } from './ops/movement.ts';
export { repeat, tile } from './ops/repeat.ts';
export { roll } from './ops/roll.ts';
export { tril, triu, type TriangleOptions } from './ops/triangles.ts';
export { takeAlong, scatterAddAlong } from './ops/along.ts';
export { topK, type TopK } from './ops/top-k.ts';
export { softmax, logSoftmax, logSumExp, type SoftmaxOptions } from './ops/softmax.ts';
export { allClose, type AllCloseOptions } from './ops/all-close.ts';
export {
  Parameter,
  namedParameters,
  parametersOf,
  castParameters,
  withParameterValues,
  readingParameters,
} from './parameter.ts';
export { Rng, checkRng } from './rng.ts';
export { checkTensors } from './check-tensors.ts';
export { scope, keep } from './scope.ts';
export { mapTensors, tensorsOf, type TensorTree } from './tree.ts';
export {
  withRecorder,
  isRecording,
  activeRecorders,
  type Recorder,
  type RecordedOp,
  type CompositeOp,
  type Differentiation,
  type Vjp,
} from './recorder.ts';
export { runFused, hasFused, type FusedCall } from './fused.ts';
export { type TracingBackend, isTracing } from './tracing.ts';
export { probe, withProbes, isProbing, type ProbeWatcher } from './probe.ts';
export { getBackend, setBackend, withBackend } from './active-backend.ts';
export { UnrollError, type ErrorCode, type Backend, type DType, type Shape, type TypedArray } from '@unroll/backend';
