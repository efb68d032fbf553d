import type { Backend, Kernel } from './backend.ts';
import { type Buffer, type TypedArray, isFloat } from './buffer.ts';
import { UnrollError } from './errors.ts';
import { formatShape, sizeOf } from './shape.ts';
import { wrapKernels } from './wrap-kernels.ts';

/** What a buffer is known to hold. */
interface Contents {
  readonly nan: boolean;
  readonly infinite: boolean;
}

/** What counts as a fault, besides NaN. */
export interface CheckFiniteOptions {
  /** Whether ±∞ from finite inputs is a fault too. Default true; false for models that mean it, such as log 0 = −∞ of what can't be. */
  readonly infinity?: boolean;
}

/**
 * The same backend, which fails at the first op that makes a NaN while none of its inputs has one, or ±∞ while all its inputs are
 * finite. The error names the op, the position, and shapes and ranges of the inputs. What is uploaded is taken as it is: −∞ in a
 * mask stays allowed. The largest of nothing is −∞, and allowed too.
 *
 * For finding a fault, not for every day: every result is read back, and `compileLoop` answers that steps run on the primitives
 * (`explainScan` shows it), since nobody sees inside compiled ones. It has the other optional members that `backend` has, and the
 * same buffers.
 * @throws UnrollError NOT_SYNCHRONOUS if `backend` has no `downloadSync`; its ops then throw NON_FINITE
 */
export function checkFinite(backend: Backend, { infinity = true }: CheckFiniteOptions = {}): Backend {
  if (!backend.downloadSync) {
    throw new UnrollError(
      'NOT_SYNCHRONOUS',
      `checkFinite: ${backend.name} has no downloadSync, without which no op can be looked at before the next. ` +
        'Run the same model on a backend that has one, such as cpu().',
    );
  }
  const read = (buffer: Buffer): TypedArray => backend.downloadSync!(buffer);
  const known = new WeakMap<Buffer, Contents>();
  const contentsOf = (buffer: Buffer): Contents => {
    const contents = known.get(buffer) ?? (isFloat(buffer.dtype) ? look(read(buffer)) : FINITE);
    known.set(buffer, contents);
    return contents;
  };

  const checked =
    (op: string, kernel: Kernel<unknown>): Kernel<unknown> =>
    (inputs, attrs, outputs) => {
      const results = kernel(inputs, attrs, outputs);
      for (const [i, result] of results.entries()) {
        const made = contentsOf(result);
        if (!made.nan && !made.infinite) continue;
        const given = inputs.map(contentsOf);
        const newNaN = made.nan && !given.some(({ nan }) => nan);
        const newInfinity = infinity && made.infinite && !given.some(({ nan, infinite }) => nan || infinite);
        if (!newNaN && !newInfinity) continue;
        if (op === 'max' && sizeOf(inputs[0]!.shape) === 0) continue;
        const data = read(result);
        const at = data.findIndex((value) => (newNaN && Number.isNaN(value)) || (newInfinity && isInfinite(value)));
        const output = results.length === 1 ? '' : `output ${i} `;
        const text =
          `${op} made ${data[at]} at ${place(at, result)} of its ${output}${formatShape(result.shape)} ${result.dtype} ` +
          `from ${given.some(({ infinite }) => infinite) ? 'inputs without NaN' : 'finite inputs'}: ${inputs.map((x) => describe(x, read(x))).join(', ')}.`;
        for (const buffer of results) backend.free(buffer);
        throw new UnrollError('NON_FINITE', `checkFinite: ${text}${HINTS[op] ? ` ${HINTS[op]}` : ''}`);
      }
      return results;
    };

  return {
    name: backend.name,
    ...wrapKernels(backend, (op, _kind, kernel) => checked(op, kernel)),
    upload: (data, signature) => backend.upload(data, signature),
    download: (buffer) => backend.download(buffer),
    downloadSync: read,
    share: (buffer) => backend.share(buffer),
    free(buffer) {
      known.delete(buffer);
      backend.free(buffer);
    },
    ...(backend.compileLoop && {
      compileLoop: () => ({ reason: 'checkFinite looks at every op, so that the steps run on the primitives' }),
    }),
  };
}

const FINITE: Contents = { nan: false, infinite: false };

/** Where such values usually come from, and what helps. */
const HINTS: Readonly<Record<string, string>> = {
  exp: 'It overflows above 88.7 in float32, 709.7 in float64: subtract the largest element first, or use softmax.',
  log: 'The logarithm of 0 is −∞ and of less NaN: add a small number, or use logSoftmax or crossEntropy.',
  sqrt: 'The root of a negative number is NaN: add a small number, or clamp with maximum.',
  div: 'Something was divided by 0, or by next to nothing: add a small number below the line.',
  matmul: 'A sum overflows: the values have grown too large. A smaller learning rate, or clipNorm, keeps them small.',
  mul: 'A product overflows, or is one of 0 and ∞. A smaller learning rate, or clipNorm, keeps values small.',
  sub: 'A difference overflows, or is one of two infinities, such as two masked scores.',
};

function look(data: TypedArray): Contents {
  let nan = false;
  let infinite = false;
  for (const value of data) {
    if (Number.isFinite(value)) continue;
    if (Number.isNaN(value)) nan = true;
    else infinite = true;
  }
  return { nan, infinite };
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

/** A position in a row-major array as an index. */
function place(position: number, { shape }: Buffer): string {
  const index = shape.map((length, axis) => Math.floor(position / sizeOf(shape.slice(axis + 1))) % length);
  return formatShape(index);
}

function describe({ shape, dtype }: Buffer, data: TypedArray): string {
  const what = `${formatShape(shape)} ${dtype}`;
  if (data.length === 0) return what;
  let smallest = Infinity;
  let largest = -Infinity;
  for (const value of data) {
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  return `${what} from ${smallest} to ${largest}`;
}
