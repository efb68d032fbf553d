/** Immutable tensors, the ops on them, and what a model is made of. */
export { Tensor, type TensorLike, type ReduceOptions, type MatmulOptions, run } from './tensor.ts';
export type { Parts } from './parts.ts';
export { tensor, zeros, ones, full, arange, eye, type CreateOptions, type NestedNumbers } from './create.ts';
export { add, sub, mul, div, maximum, minimum, where } from './ops/elementwise.ts';
export { matmul } from './ops/matmul.ts';
export { concat, stack, unstack, scatterAdd } from './ops/movement.ts';
export { softmax, logSoftmax, logSumExp, type SoftmaxOptions } from './ops/softmax.ts';
export {
  Parameter,
  namedParameters,
  parametersOf,
  castParameters,
  withParameterValues,
  readingParameters,
} from './parameter.ts';
export { Rng, checkRng } from './rng.ts';
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
