import { type FusedAttrs, type FusedOp, type Kernel, inferFusedSignatures, isFloat } from '@unroll/backend';
import { activeRecorders, isRecording } from './recorder.ts';
import { Tensor } from './tensor.ts';

/** A whole op: what it is made of, what it is, and how it is derived. */
export interface FusedCall<F extends FusedOp> {
  readonly op: F;
  /** Of shapes and dtypes that the op takes. */
  readonly inputs: readonly Tensor[];
  readonly attrs: FusedAttrs[F];
  /** The same in primitives: what runs where there is no kernel, and what is traced. */
  readonly definition: () => readonly Tensor[];
  /**
   * From the cotangents of the outputs to those of the inputs, as in `CompositeOp`, in terms of ops and of the outputs given here.
   * Without it the op is recorded as its definition.
   */
  readonly pullBack?: (
    dys: readonly (Tensor | undefined)[],
    outputs: readonly Tensor[],
    needs: readonly boolean[],
  ) => readonly (Tensor | undefined)[];
}

/**
 * Runs a whole op as one kernel where the backend has it, else by its definition: the results are the same but for their last digits.
 * A recorder gets one op with its derivative. What several recorders listen to, for derivatives of derivatives, is the definition.
 */
export function runFused<F extends FusedOp>({
  op,
  inputs,
  attrs,
  definition,
  pullBack,
}: FusedCall<F>): readonly Tensor[] {
  const { backend } = inputs[0]!;
  // A name that is generic takes its kernel's type along only by saying so.
  const kernel: Kernel<FusedAttrs[F]> | undefined = backend.fused?.[op];
  if (!kernel || inputs.some((input) => input.backend !== backend)) return definition();
  const signatures = inferFusedSignatures(op, inputs, attrs);
  // Kernels make floats.
  if (signatures.some(({ dtype }) => !isFloat(dtype))) return definition();
  const run = (): readonly Tensor[] =>
    kernel(
      inputs.map(({ buffer }) => buffer),
      attrs,
      signatures,
    ).map((buffer) => new Tensor(buffer, backend));
  if (!isRecording()) return run();

  const recorders = activeRecorders();
  const differentiation = recorders[0]!.differentiation;
  if (!pullBack || !differentiation || recorders.length > 1) return definition();
  const outputs = run();
  if (inputs.some((input) => differentiation.isTracked(input))) {
    differentiation.recordComposite({
      inputs,
      outputs,
      // Whoever records the walk back must see what the outputs depend on.
      pullBack: (dys, needs) => pullBack(dys, isRecording() ? definition() : outputs, needs),
    });
  }
  return outputs;
}

/** Whether the backend of a tensor has a kernel for a whole op. */
export function hasFused(op: FusedOp, { backend }: Tensor): boolean {
  return backend.fused?.[op] !== undefined;
}
