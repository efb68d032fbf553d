import type { Backend, FusedKernels, Kernel, PrimitiveKernels } from './backend.ts';
import { type FusedOp, fusedNames } from './fused.ts';
import type { Primitive } from './primitives.ts';
import { primitiveNames } from './signatures.ts';

type Wrap = (op: Primitive | FusedOp, kind: 'primitive' | 'fused', kernel: Kernel<unknown>) => Kernel<unknown>;

/** The kernels that a backend has, and no others, each in a wrapping. */
export function wrapKernels(backend: Backend, wrap: Wrap): Pick<Backend, 'primitives' | 'fused'> {
  // A wrapping hands the attributes on as it gets them, whatever they are.
  const primitives = primitiveNames.map((op) => [op, wrap(op, 'primitive', backend.primitives[op] as Kernel<unknown>)]);
  const { fused } = backend;
  const wholeOps = fusedNames
    .filter((op) => fused?.[op])
    .map((op) => [op, wrap(op, 'fused', fused![op] as Kernel<unknown>)]);
  return {
    primitives: Object.fromEntries(primitives) as PrimitiveKernels,
    ...(fused && { fused: Object.fromEntries(wholeOps) as FusedKernels }),
  };
}
