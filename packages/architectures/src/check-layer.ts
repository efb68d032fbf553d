import { UnrollError } from '@unroll/backend';
import type { SequenceLayer } from './sequence-layer.ts';

/**
 * For what takes a layer: plain JavaScript may give a cell, or none.
 * @throws UnrollError INVALID_ARGUMENT naming who wants a layer and what was given
 */
export function checkLayer(
  who: string,
  layer: SequenceLayer,
  ofCell = 'a cell, not a layer. new Unidirectional({ cell }) makes one of it.',
): void {
  const given: unknown = layer;
  if (typeof given === 'object' && given !== null && 'forward' in given) return;
  const isCell = typeof given === 'object' && given !== null && 'step' in given;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    isCell
      ? `${who}: a ${given.constructor.name} is ${ofCell}`
      : `${who}: ${String(given)} was given, not a layer. Give one, as lstm({ … }).`,
  );
}
