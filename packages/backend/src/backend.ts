import type { Buffer, Signature, TypedArray } from './buffer.ts';
import type { CompiledLoop, LoopObstacle } from './compiled-loop.ts';
import type { FusedAttrs, FusedOp } from './fused.ts';
import type { LoopProgram } from './loop-program.ts';
import type { Primitive, PrimitiveAttrs } from './primitives.ts';

/**
 * Runs one op. Shapes and dtypes have been checked by the caller, and `outputs` are the signatures that `inferSignatures` gives,
 * so a kernel only computes. It never writes to its inputs.
 */
export type Kernel<Attrs> = (
  inputs: readonly Buffer[],
  attrs: Attrs,
  outputs: readonly Signature[],
) => readonly Buffer[];

/** One kernel per primitive; leaving one out does not compile. */
export type PrimitiveKernels = { readonly [P in Primitive]: Kernel<PrimitiveAttrs[P]> };

/** Kernels for whole ops, each of which may be missing. */
export type FusedKernels = { readonly [F in FusedOp]?: Kernel<FusedAttrs[F]> };

/**
 * A device that runs the primitives. Ops are synchronous and ordered, as seen by the caller; only reading back waits.
 * `@unroll/backend/conformance` checks an implementation.
 */
export interface Backend {
  /** For messages: `cpu`, `wasm`, … */
  readonly name: string;
  /** Whether ops go on after their call has returned, so that the time of a call says little. Default: they do not. */
  readonly runsAhead?: boolean;
  /** Copies host data to the device. The array's type must fit `dtype`, its length `shape`. */
  upload(data: TypedArray, signature: Signature): Buffer;
  /** Copies device data to the host, after all ops issued before. */
  download(buffer: Buffer): Promise<TypedArray>;
  /** The same without waiting, where the device can. */
  downloadSync?(buffer: Buffer): TypedArray;
  /** A second handle to the same memory; both are freed on their own. */
  share(buffer: Buffer): Buffer;
  /** Gives a handle back. The memory is reused when its last handle is freed. */
  free(buffer: Buffer): void;
  readonly primitives: PrimitiveKernels;
  /** Kernels for whole ops; what is missing runs on the primitives. */
  readonly fused?: FusedKernels;
  /**
   * Makes code for the phase `loop` of a program, or says why not; the steps then run on the primitives. Asked again for the same
   * program it answers at once.
   */
  compileLoop?(program: LoopProgram): CompiledLoop | LoopObstacle;
}
