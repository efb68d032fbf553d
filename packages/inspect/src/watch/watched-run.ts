import {
  type Differentiation,
  type RecordedOp,
  type Recorder,
  type Tensor,
  withProbes,
  withRecorder,
} from '@unroll/tensor';
import type { Owners } from './owners.ts';

/** The values that a run named by `probe`, in the order in which it made them: by the path of the cell and the name, `layers.0.cell.f`. */
export type Watched = ReadonlyMap<string, readonly Tensor[]>;

interface Seen {
  readonly owner: string;
  readonly name: string;
  readonly value: Tensor;
}

/**
 * Runs `fn` and notes what it names by `probe`. That makes scans run step by step, with the same results. Whose probe it is, is told by the
 * parameters that were used last before it. The values live as long as the scope around.
 * @param inner hears of every op too
 */
export function watchedRun<T>(
  owners: Owners,
  fn: () => T,
  inner?: Recorder,
): { readonly result: T; readonly watched: Watched } {
  const tracker = new OwnerTracker(owners, inner);
  const seen: Seen[] = [];
  const note = (name: string, value: Tensor): void => {
    seen.push({ owner: tracker.owner, name, value });
  };
  const result = withRecorder(tracker, () => withProbes(note, fn));
  return { result, watched: grouped(seen) };
}

class OwnerTracker implements Recorder {
  readonly #owners: Owners;
  readonly #inner: Recorder | undefined;
  readonly differentiation?: Differentiation;
  /** Whose parameter was used last. */
  owner = '';

  constructor(owners: Owners, inner: Recorder | undefined) {
    this.#owners = owners;
    this.#inner = inner;
    const differentiation = inner?.differentiation;
    if (!differentiation) return;
    this.differentiation = {
      ...differentiation,
      recordComposite: (op) => {
        this.#note(op.inputs);
        differentiation.recordComposite(op);
      },
    };
  }

  record(op: RecordedOp): void {
    this.#note(op.inputs);
    this.#inner?.record(op);
  }

  #note(inputs: readonly Tensor[]): void {
    for (const input of inputs) this.owner = this.#owners.get(input) ?? this.owner;
  }
}

/**
 * A probe in a part without parameters (a dot product of attention) seems to belong to whatever ran before it: at its first step to
 * something else than at all others. An owner that was seen with a name once, when another was seen more often, is taken for the other.
 */
function grouped(seen: readonly Seen[]): Watched {
  const counts = new Map<string, number>();
  const pathOf = ({ owner, name }: Seen): string => (owner === '' ? name : `${owner}.${name}`);
  for (const one of seen) counts.set(pathOf(one), (counts.get(pathOf(one)) ?? 0) + 1);
  const watched = new Map<string, Tensor[]>();
  for (const [i, one] of seen.entries()) {
    let path = pathOf(one);
    if (counts.get(path) === 1) {
      const next = seen.find((other, j) => j > i && other.name === one.name && counts.get(pathOf(other))! > 1);
      if (next) path = pathOf(next);
    }
    const values = watched.get(path);
    if (values) values.push(one.value);
    else watched.set(path, [one.value]);
  }
  return watched;
}
