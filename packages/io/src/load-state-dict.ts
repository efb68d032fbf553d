import { type TypedArray, UnrollError, formatShape, isFloat, sameShape, sizeOf, checkGiven } from '@unroll/backend';
import { type Parameter, scope, tensor } from '@unroll/tensor';
import { isTorchName } from './interop/torch.ts';
import type { SafetensorsTensor } from './safetensors/dtypes.ts';
import { type Named, entriesOf } from './named.ts';
import { parametersByName } from './state-dict.ts';

export interface LoadStateDictOptions {
  /**
   * The parameter that an entry is meant for, where the names differ; undefined leaves the entry out.
   * Default: the entry's own name.
   */
  readonly rename?: (name: string) => string | undefined;
}

/** Names or shapes of a state dict and a model differ. The code is STATE_MISMATCH. */
export class StateMismatchError extends UnrollError {
  override readonly name: string = 'StateMismatchError';

  /** Parameters for which there is no entry. */
  readonly missing: readonly string[];
  /** Entries for which there is no parameter. */
  readonly unexpected: readonly string[];
  /** Parameters whose entry does not fit, with the reason. */
  readonly unfit: ReadonlyMap<string, string>;

  constructor(mismatch: Pick<StateMismatchError, 'missing' | 'unexpected' | 'unfit'>) {
    const { missing, unexpected, unfit } = mismatch;
    const lines = [
      ...missing.map((name) => `missing: ${name}`),
      ...unexpected.map((name) => `not in the model: ${name}`),
      ...[...unfit].map(([name, reason]) => `${name}: ${reason}`),
    ];
    super(
      'STATE_MISMATCH',
      `loadStateDict: the state does not fit the model; nothing was changed.\n  ${lines.join('\n  ')}\n` +
        'Build the model with the configuration that it was saved with, or map names with the option rename.' +
        (unexpected.some(isTorchName) ? ' Names as weight_ih_l0 are of PyTorch: load fromTorchNames(state).' : ''),
    );
    this.missing = missing;
    this.unexpected = unexpected;
    this.unfit = unfit;
  }
}

/**
 * Sets all parameters of a model to saved values. Names are compared both ways and shapes one by one before anything changes: a model
 * is never loaded in part. To load a part on purpose, pass that part of the model, and `rename` the entries (undefined drops one).
 *
 * float32 and float64 are converted to the parameter's dtype (to float32 rounds); 16-bit floats arrive as float32.
 * Tied parameters are one parameter: an entry for the second name must be dropped by `rename`.
 * @throws StateMismatchError (code STATE_MISMATCH) that lists every difference
 */
export function loadStateDict(
  model: object,
  state: Named<SafetensorsTensor>,
  options: LoadStateDictOptions = {},
): void {
  checkGiven('loadStateDict', { model, state });
  const parameters = parametersByName(model);
  const found = new Map<string, SafetensorsTensor>();
  const unexpected: string[] = [];
  const unfit = new Map<string, string>();
  for (const [source, entry] of entriesOf(state)) {
    const name = options.rename ? options.rename(source) : source;
    if (name === undefined) continue;
    const parameter = parameters.get(name);
    if (!parameter) {
      unexpected.push(name === source ? name : `${name} (${source} in the file)`);
      continue;
    }
    const reason = found.has(name) ? 'rename gives it to two entries' : whyUnfit(parameter, entry);
    if (reason !== undefined) unfit.set(name, reason);
    found.set(name, entry);
  }
  const missing = [...parameters.keys()].filter((name) => !found.has(name));
  if (missing.length + unexpected.length + unfit.size > 0) throw new StateMismatchError({ missing, unexpected, unfit });

  // All values are made before the first is set, so that running out of memory changes nothing either.
  scope(() => {
    const loaded = [...parameters].map(([name, parameter]) => {
      const { shape, dtype, backend } = parameter.value;
      const value = tensor(found.get(name)!.data as TypedArray, { shape, dtype, backend });
      return { parameter, value };
    });
    for (const { parameter, value } of loaded) parameter.value = value;
  });
}

function whyUnfit({ value }: Parameter, { dtype, shape, data }: SafetensorsTensor): string | undefined {
  if (!sameShape(shape, value.shape)) {
    return `shape ${formatShape(shape)} in the file, ${formatShape(value.shape)} in the model`;
  }
  if (data.length !== sizeOf(shape)) return `${data.length} numbers do not fill its shape ${formatShape(shape)}`;
  const converts = isFloat(value.dtype)
    ? data instanceof Float32Array || data instanceof Float64Array
    : data instanceof Int32Array;
  return converts ? undefined : `${dtype} in the file does not convert to ${value.dtype} in the model`;
}
