import type { Backend, Buffer, Primitive, PrimitiveAttrs } from '@unroll/backend';
import type { Tensor } from './tensor.ts';

/**
 * A backend that writes down ops instead of running them. Its tensors are symbols: they have shapes and no elements. An op on a
 * symbol and a real tensor is written down as well, and no recorder hears of it.
 */
export interface TracingBackend extends Backend {
  /** The symbol that stands for a tensor of another backend. */
  lift(tensor: Tensor): Buffer;
  /**
   * What an op makes of symbols and tensors, which are lifted. In the place of a kernel: whoever has written the op down before knows its signatures.
   * @throws UnrollError as `inferSignatures`
   */
  trace<P extends Primitive>(primitive: P, inputs: readonly Tensor[], attrs: PrimitiveAttrs[P]): readonly Buffer[];
}

/** Whether the tensors of a backend are symbols. */
export function isTracing(backend: Backend): backend is TracingBackend {
  return 'lift' in backend;
}
