import type { Backend, Kernel } from './backend.ts';
import { BYTES_PER_ELEMENT, type Signature } from './buffer.ts';
import type { CompiledLoop, LoopObstacle } from './compiled-loop.ts';
import type { LoopProgram } from './loop-program.ts';
import { type ProfileRow, profileTable } from './profile-table.ts';
import { profiledLoop } from './profile-loop.ts';
import { sizeOf } from './shape.ts';
import { wrapKernels } from './wrap-kernels.ts';

/** How a backend is profiled. */
export interface ProfileOptions {
  /** A clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** A backend that counts. */
export interface ProfiledBackend extends Backend {
  /** What was called since the start or the last reset, the most time first. */
  profile(): readonly ProfileRow[];
  /** The same as a table, to be printed in a fixed-width font. */
  profileTable(): string;
  resetProfile(): void;
}

const RUNS_AHEAD =
  'The device works on when a call has returned: times are those of giving it work; what it still has to do is waited for in downloads.';

/** Adds one call to a row. */
export type Count = (name: string, kind: ProfileRow['kind'], start: number, buffers: readonly Signature[]) => void;

/**
 * The same backend, with calls, time and bytes counted for every primitive, whole op, compiled loop, upload, download, share and free. It has
 * the optional members that `backend` has, and the same buffers: tensors of one can be used with the other. What runs inside a compiled loop or a
 * whole op counts as that loop or op.
 *
 * On a device that works on by itself (`Backend.runsAhead`) the sum of all rows is the time of the calls, and of the downloads that waited
 * for what was left to do: it is the time of the whole if something is downloaded at the end. Single rows tell where work is given, not
 * where it is done.
 */
export function profile(backend: Backend, { now = () => performance.now() }: ProfileOptions = {}): ProfiledBackend {
  const rows = new Map<string, ProfileRow>();
  const loops = new WeakMap<CompiledLoop, CompiledLoop>();

  const count: Count = (name, kind, start, buffers) => {
    const end = now();
    const key = `${kind} ${name}`;
    const old = rows.get(key);
    rows.set(key, {
      name,
      kind,
      calls: (old?.calls ?? 0) + 1,
      milliseconds: (old?.milliseconds ?? 0) + end - start,
      bytes: (old?.bytes ?? 0) + bytesOf(buffers),
    });
  };

  const timed =
    (name: string, kind: ProfileRow['kind'], kernel: Kernel<unknown>): Kernel<unknown> =>
    (inputs, attrs, outputs) => {
      const start = now();
      const results = kernel(inputs, attrs, outputs);
      count(name, kind, start, [...inputs, ...results]);
      return results;
    };

  const compileLoop = (program: LoopProgram): CompiledLoop | LoopObstacle => {
    const start = now();
    const compiled = backend.compileLoop!(program);
    count('compileLoop', 'loop', start, []);
    if (typeof compiled !== 'function') return compiled;
    // Asked again for the same program, the same answer.
    const known = loops.get(compiled) ?? profiledLoop(compiled, { now, count });
    loops.set(compiled, known);
    return known;
  };

  const sorted = (): readonly ProfileRow[] => [...rows.values()].toSorted((a, b) => b.milliseconds - a.milliseconds);
  return {
    name: backend.name,
    ...(backend.runsAhead && { runsAhead: true }),
    profile: sorted,
    profileTable: () => {
      const table = profileTable(backend.name, sorted());
      return backend.runsAhead ? `${table}\n\n${RUNS_AHEAD}` : table;
    },
    resetProfile: () => rows.clear(),
    ...wrapKernels(backend, timed),
    upload(data, signature) {
      const start = now();
      const buffer = backend.upload(data, signature);
      count('upload', 'backend', start, [signature]);
      return buffer;
    },
    async download(buffer) {
      const start = now();
      const data = await backend.download(buffer);
      count('download', 'backend', start, [buffer]);
      return data;
    },
    ...(backend.downloadSync && {
      downloadSync: (buffer) => {
        const start = now();
        const data = backend.downloadSync!(buffer);
        count('downloadSync', 'backend', start, [buffer]);
        return data;
      },
    }),
    share(buffer) {
      const start = now();
      const shared = backend.share(buffer);
      count('share', 'backend', start, []);
      return shared;
    },
    free(buffer) {
      const start = now();
      backend.free(buffer);
      count('free', 'backend', start, []);
    },
    ...(backend.compileLoop && { compileLoop }),
  };
}

function bytesOf(buffers: readonly Signature[]): number {
  let bytes = 0;
  for (const { shape, dtype } of buffers) bytes += sizeOf(shape) * BYTES_PER_ELEMENT[dtype];
  return bytes;
}
