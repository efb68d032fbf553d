import type { Backend, Buffer } from '@unroll/backend';
import type { Tensor } from './tensor.ts';

/**
 * A backend that writes down ops instead of running them. Its tensors are symbols: they have shapes and no elements. An op on a
 * symbol and a real tensor is written down as well, and no recorder hears of it.
 */
export interface TracingBackend extends Backend {
  /** The symbol that stands for a tensor of another backend. */
  lift(tensor: Tensor): Buffer;
}

/** Whether the tensors of a backend are symbols. */
export function isTracing(backend: Backend): backend is TracingBackend {
  return 'lift' in backend;
}
