import { UnrollError } from '@unroll/backend';
import type { RecurrentCell } from './cell.ts';

/**
 * For what takes a cell: plain JavaScript may give a layer, or none.
 * @throws UnrollError INVALID_ARGUMENT naming who wants a cell and what was given
 */
export function checkCell(who: string, cell: RecurrentCell): void {
  const given: unknown = cell;
  if (typeof given === 'object' && given !== null && 'step' in given && 'initialState' in given) return;
  const isLayer = typeof given === 'object' && given !== null && 'forward' in given;
  const what = isLayer ? `a layer (${given.constructor.name})` : given === null ? 'null' : typeof given;
  const remedy = isLayer
    ? 'cellOf(layer) of @unroll/architectures makes one of it.'
    : 'Give one, as new LstmCell({ … }).';
  throw new UnrollError('INVALID_ARGUMENT', `${who}: ${what} was given, not a cell. ${remedy}`);
}
