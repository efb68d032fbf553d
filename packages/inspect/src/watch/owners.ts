import { Bidirectional } from '@unroll/architectures';
import { type Tensor, namedParameters } from '@unroll/tensor';

/** To which part of a model a parameter belongs, by the tensor that is its value. */
export type Owners = ReadonlyMap<Tensor, string>;

/**
 * The path of the innermost cell around each parameter, or of the object that holds it where there is no cell around: `layers.0.cell` for
 * `layers.0.cell.norm.weight`.
 */
export function ownersOf(model: object): Owners {
  const owners = new Map<Tensor, string>();
  for (const [name, parameter] of namedParameters(model)) {
    const keys = name.split('.').slice(0, -1);
    const holders = objectsAlong(model, keys);
    const cell = holders.findLastIndex(isCell);
    owners.set(parameter.value, keys.slice(0, cell < 0 ? keys.length : cell).join('.'));
  }
  return owners;
}

/** The paths of all cells that read from right to left. */
export function backwardCells(model: object): readonly string[] {
  const paths = new Set<string>();
  for (const [name] of namedParameters(model)) {
    const keys = name.split('.');
    for (const [depth, holder] of objectsAlong(model, keys).entries()) {
      if (holder instanceof Bidirectional && keys[depth] === 'backwardCell')
        paths.add(keys.slice(0, depth + 1).join('.'));
    }
  }
  return [...paths];
}

/** Whether a path is `prefix`, or below it. */
export function isBelow(path: string, prefix: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}.`);
}

/** The model, and what its keys lead to, one after the other. */
function objectsAlong(model: object, keys: readonly string[]): readonly unknown[] {
  const objects: unknown[] = [model];
  for (const key of keys) {
    const holder = objects.at(-1);
    if (holder instanceof Map) objects.push(holder.get(key));
    else objects.push(typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined);
  }
  return objects;
}

function isCell(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'step' in value && 'initialState' in value;
}
