import type { Backend, Kernel, PrimitiveKernels } from './backend.ts';
import { BYTES_PER_ELEMENT, type Buffer } from './buffer.ts';
import { UnrollError } from './errors.ts';
import type { Primitive, PrimitiveAttrs } from './primitives.ts';
import { sizeOf } from './shape.ts';
import { primitiveNames } from './signatures.ts';

/** A backend that has some of the primitives. */
export interface PartialBackend extends Omit<Backend, 'primitives'> {
  readonly primitives: Partial<PrimitiveKernels>;
}

/** How often a primitive was borrowed, and what was copied for it. */
export interface Borrowing {
  readonly calls: number;
  /** Inputs on their way there and results on their way back. */
  readonly bytes: number;
}

/** A backend of one's own primitives and borrowed ones. */
export interface FilledBackend extends Backend {
  /** The primitives that run on the other backend, in the order of the vocabulary, and what that took so far. */
  readonly borrowed: ReadonlyMap<Primitive, Borrowing>;
  /** The same in words. */
  explain(): string;
}

/**
 * A whole backend from the primitives that `partial` has and those that it lacks from `complete`. A borrowed primitive copies its
 * inputs to `complete` and its results back, and waits for both: right from the first day on, and slow until the kernel is written.
 * What is borrowed stands in the backend's name, in `borrowed` and in `explain()`. `fused` and `compileLoop` are those of `partial`.
 * @throws UnrollError NOT_SYNCHRONOUS if something has to be borrowed and one of the two has no `downloadSync`
 */
export function fillFrom(partial: PartialBackend, complete: Backend): FilledBackend {
  const lacking = primitiveNames.filter((primitive) => !partial.primitives[primitive]);
  const borrowed = new Map<Primitive, Borrowing>(lacking.map((primitive) => [primitive, { calls: 0, bytes: 0 }]));
  const name = lacking.length === 0 ? partial.name : `${partial.name}+${complete.name}`;

  const borrow = <P extends Primitive>(primitive: P): Kernel<PrimitiveAttrs[P]> => {
    const bring = carrier(partial, complete, lacking);
    const giveBack = carrier(complete, partial, lacking);
    return (inputs, attrs, outputs) => {
      const { calls, bytes } = borrowed.get(primitive)!;
      const there: Buffer[] = [];
      const back: Buffer[] = [];
      try {
        for (const input of inputs) there.push(bring(input));
        const results = complete.primitives[primitive](there, attrs, outputs);
        there.push(...results);
        for (const result of results) back.push(giveBack(result));
      } catch (error) {
        for (const buffer of back) partial.free(buffer);
        throw error;
      } finally {
        for (const buffer of there) complete.free(buffer);
      }
      borrowed.set(primitive, { calls: calls + 1, bytes: bytes + bytesOf(inputs) + bytesOf(outputs) });
      return back;
    };
  };

  const lent = Object.fromEntries(lacking.map((primitive) => [primitive, borrow(primitive)]));
  const primitives = { ...partial.primitives, ...lent } as PrimitiveKernels;
  return {
    name,
    ...(partial.runsAhead && { runsAhead: true }),
    primitives,
    borrowed,
    explain: () => explain(partial.name, complete.name, borrowed),
    upload: (data, signature) => partial.upload(data, signature),
    download: (buffer) => partial.download(buffer),
    ...(partial.downloadSync && { downloadSync: (buffer) => partial.downloadSync!(buffer) }),
    share: (buffer) => partial.share(buffer),
    free: (buffer) => partial.free(buffer),
    ...(partial.fused && { fused: partial.fused }),
    ...(partial.compileLoop && { compileLoop: (program) => partial.compileLoop!(program) }),
  };
}

/** Copies from one backend to another. */
function carrier(from: PartialBackend, to: PartialBackend, lacking: readonly Primitive[]): (buffer: Buffer) => Buffer {
  if (!from.downloadSync) {
    throw new UnrollError(
      'NOT_SYNCHRONOUS',
      `fillFrom: ${from.name} has no downloadSync, without which nothing can be copied from it within an op. ` +
        `Give it one, or write the primitives that would be borrowed: ${lacking.join(', ')}.`,
    );
  }
  return (buffer) => to.upload(from.downloadSync!(buffer), { shape: buffer.shape, dtype: buffer.dtype });
}

function bytesOf(signatures: readonly { readonly shape: Buffer['shape']; readonly dtype: Buffer['dtype'] }[]): number {
  return signatures.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * BYTES_PER_ELEMENT[dtype], 0);
}

function explain(partial: string, complete: string, borrowed: ReadonlyMap<Primitive, Borrowing>): string {
  if (borrowed.size === 0) return `${partial} has all ${primitiveNames.length} primitives and borrows none.`;
  const lines = [...borrowed].map(([primitive, { calls, bytes }]) =>
    calls === 0 ? `  ${primitive}: not called` : `  ${primitive}: ${calls} calls, ${bytes} bytes copied`,
  );
  const count = `${borrowed.size} of ${primitiveNames.length} primitives`;
  return [`${partial} borrows ${count} from ${complete}, copying inputs and results:`, ...lines].join('\n');
}
