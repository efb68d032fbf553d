/** The contract between tensors and devices. */
export { UnrollError, type ErrorCode } from './errors.ts';
export { checkGiven } from './check-given.ts';
export { IndexError, type BadIndex, thrownInStep } from './index-error.ts';
export { type Shape, sizeOf, sameShape, formatShape, broadcastShapes, withAxis } from './shape.ts';
export {
  type DType,
  type TypedArray,
  type Signature,
  type Buffer,
  BYTES_PER_ELEMENT,
  allocate,
  outOfMemory,
  dtypeOf,
  isFloat,
} from './buffer.ts';
export { type Primitive, type PrimitiveAttrs, type None } from './primitives.ts';
export { type Backend, type Kernel, type PrimitiveKernels, type FusedKernels } from './backend.ts';
export {
  type FusedOp,
  type FusedAttrs,
  type AdamAttrs,
  type SgdAttrs,
  type SgdMomentumAttrs,
  type RmsPropAttrs,
  type CrossEntropyAttrs,
  type OneHotAttrs,
  inferFusedSignatures,
  fusedNames,
  targetOutOfRange,
} from './fused.ts';
export {
  type LoopProgram,
  type LoopEquation,
  type LoopValue,
  type LoopCarried,
  type LoopPhase,
  type LoopOp,
  type LoopAttrs,
} from './loop-program.ts';
export {
  type CompiledLoop,
  type LoopObstacle,
  type LoopRun,
  type LoopRunResults,
  type LoopStart,
  type LoopSteps,
} from './compiled-loop.ts';
export { portableExp, portableLog, portablePow, portableCosPi } from './portable-math.ts';
export { inferSignatures, primitiveNames } from './signatures.ts';
export { fillFrom, type PartialBackend, type FilledBackend, type Borrowing } from './fill-from.ts';
export { profile, type ProfiledBackend, type ProfileOptions } from './profile.ts';
export type { ProfileRow } from './profile-table.ts';
export { checkFinite, type CheckFiniteOptions } from './check-finite.ts';
