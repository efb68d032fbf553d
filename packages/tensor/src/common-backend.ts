import { type Backend, type Primitive, UnrollError } from '@unroll/backend';
import { isTensor } from './brand.ts';
import type { Tensor } from './tensor.ts';
import { isTracing } from './tracing.ts';

/**
 * Where an op on these tensors runs: on the backend that they share, or, where one is a symbol, on the tracing one.
 * @throws UnrollError BACKEND_MISMATCH for two backends, INVALID_ARGUMENT for no tensors
 */
export function commonBackend(primitive: Primitive, inputs: readonly Tensor[]): Backend {
  const first = inputs[0];
  if (!first) throw new UnrollError('INVALID_ARGUMENT', `${primitive}: needs at least one tensor.`);
  let tracing: Backend | undefined;
  for (const input of inputs) {
    if (!isTensor(input)) {
      throw new UnrollError('INVALID_ARGUMENT', `${primitive}: expected a tensor, got ${String(input)}.`);
    }
    if (input.backend === first.backend) continue;
    if (isTracing(input.backend)) tracing = input.backend;
    else if (!isTracing(first.backend)) {
      throw new UnrollError(
        'BACKEND_MISMATCH',
        `${primitive}: one tensor lives on ${first.backend.name}, another on ` +
          `${input.backend.name === first.backend.name ? 'a second backend of that name' : input.backend.name}. ` +
          'Make one backend, and call setBackend once, before the first tensor or parameter is made.',
      );
    }
  }
  return tracing ?? first.backend;
}
