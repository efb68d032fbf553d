import { UnrollError } from '@unroll/backend';
import type { Tensor } from './tensor.ts';

/** Shared by all copies of this package in one process, so that a tensor of another copy is recognised. */
export const BRAND: unique symbol = Symbol.for('@unroll/tensor') as typeof BRAND;

/** This copy of the package. */
export const COPY: object = Object.freeze({});

/**
 * Whether a value is a tensor.
 * @throws UnrollError DUPLICATE_PACKAGE if it is a tensor of another copy of `@unroll/tensor`
 */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || !(BRAND in value)) return false;
  if (value[BRAND] === COPY) return true;
  throw new UnrollError(
    'DUPLICATE_PACKAGE',
    'Two copies of @unroll/tensor are loaded, and a tensor of one reached the other. ' +
      'Install one version for all packages (npm ls @unroll/tensor shows who brings the second).',
  );
}
