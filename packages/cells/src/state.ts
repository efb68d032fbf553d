import { UnrollError, formatShape, sameShape, checkGiven } from '@unroll/backend';
import { Tensor, keep, mapTensors, tensorsOf, where, checkTensors } from '@unroll/tensor';
import type { State } from './cell.ts';

/** The same state as a constant: truncated backpropagation carries it to the next chunk without its history. */
export function detachState<S extends State>(state: S): S {
  checkGiven('detachState', { state });
  return mapTensors(state, (leaf) => leaf.detach());
}

/** Takes a state out of all scopes, so that it lives until `disposeState`. Returns it. */
export function keepState<S extends State>(state: S): S {
  checkGiven('keepState', { state });
  return mapTensors(state, keep);
}

/** Frees the tensors of a state. */
export function disposeState(state: State): void {
  checkGiven('disposeState', { state });
  for (const leaf of tensorsOf(state)) leaf.dispose();
}

/** Leaf by leaf: `next` where `live` [batch, 1] is not 0, else `old`. */
export function selectState<S extends State>(live: Tensor, next: S, old: S): S {
  checkTensors('selectState', { live });
  checkGiven('selectState', { next, old });
  const olds = leavesByPath(old);
  return mapTensors(next, (leaf, path) => {
    const condition = live.reshape([leaf.shape[0]!, ...leaf.shape.slice(1).map(() => 1)]);
    return where(condition, leaf, olds.get(path)!);
  });
}

/** The leaves of a state by their names: `h`, `0.c`; a bare tensor's is empty. */
export function leavesByPath(state: State): ReadonlyMap<string, Tensor> {
  const leaves = new Map<string, Tensor>();
  mapTensors(state, (leaf, path) => (leaves.set(path, leaf), leaf));
  return leaves;
}

/** The leaves of a state in the order in which another state of the same structure has them. */
export function leavesInOrderOf(order: State, state: State): readonly Tensor[] {
  if (isSameState(state, order)) {
    const leaves: Tensor[] = [];
    collectAs(order, state, leaves);
    return leaves;
  }
  const leaves = leavesByPath(state);
  return [...leavesByPath(order).keys()].map((path) => leaves.get(path)!);
}

/** A list or an object of states, by index or name. */
type Branch = Readonly<Record<string, State>>;

function collectAs(order: State, state: State, leaves: Tensor[]): void {
  if (state instanceof Tensor) leaves.push(state);
  else for (const name of namesOf(order)) collectAs((order as Branch)[name]!, (state as Branch)[name]!, leaves);
}

/** Of what is below: of a list its positions, whatever else hangs on it. */
function namesOf(branch: object): readonly string[] {
  return Array.isArray(branch) ? branch.map((_, i) => String(i)) : Object.keys(branch);
}

/** A state of the same structure with other leaves, given in order. */
export function replaceLeaves<S extends State>(state: S, leaves: readonly Tensor[]): S;
export function replaceLeaves(state: State, leaves: readonly Tensor[]): State {
  let i = 0;
  // As `mapTensors`, which puts a path together for each.
  const replaced = (old: State): State => {
    if (old instanceof Tensor) return leaves[i++]!;
    if (Array.isArray(old)) return old.map(replaced);
    return Object.fromEntries(Object.entries(old).map(([name, below]) => [name, replaced(below)]));
  };
  return replaced(state);
}

/**
 * Checks that a state has the structure and the shapes of another.
 * @throws UnrollError SHAPE_MISMATCH naming the leaf
 */
export function checkSameState(what: string, actual: State, expected: State): void {
  if (isSameState(actual, expected)) return;
  const actuals = leavesByPath(actual);
  const expecteds = leavesByPath(expected);
  for (const [path, leaf] of expecteds) {
    const found = actuals.get(path);
    const name = path === '' ? 'the state' : `state.${path}`;
    if (!found)
      throw new UnrollError('SHAPE_MISMATCH', `${what}: ${name} is missing; it should be ${formatShape(leaf.shape)}.`);
    if (!sameShape(found.shape, leaf.shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${what}: ${name} is ${formatShape(found.shape)}; it should be ${formatShape(leaf.shape)}.`,
      );
    }
    if (found.dtype !== leaf.dtype) {
      throw new UnrollError(
        'DTYPE_MISMATCH',
        `${what}: ${name} is ${found.dtype}; it should be ${leaf.dtype}. Cast it: x.cast('${leaf.dtype}').`,
      );
    }
  }
  for (const path of actuals.keys()) {
    if (!expecteds.has(path))
      throw new UnrollError('SHAPE_MISMATCH', `${what}: state.${path} is not part of the cell's state.`);
  }
}

/** The same without saying what differs: it is asked in every run, and names take longer than all the rest. */
function isSameState(actual: unknown, expected: State): boolean {
  if (expected instanceof Tensor)
    return actual instanceof Tensor && actual.dtype === expected.dtype && sameShape(actual.shape, expected.shape);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) !== Array.isArray(expected)) return false;
  const names = namesOf(expected);
  if (actual instanceof Tensor || names.length !== namesOf(actual).length) return false;
  return names.every(
    (name) => Object.hasOwn(actual, name) && isSameState((actual as Branch)[name], (expected as Branch)[name]!),
  );
}
