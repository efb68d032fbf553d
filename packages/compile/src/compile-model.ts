import { UnrollError } from '@unroll/backend';
import { exportLoop } from '@unroll/backend-wasm/export';
import { type RecurrentCell, type State, type WrittenStep, writeStep } from '@unroll/cells';
import { encodeSafetensors } from '@unroll/io';
import { namedParameters } from '@unroll/tensor';
import { type Program, programOf } from './program.ts';
import { TensorList } from './tensor-list.ts';

const FORMAT = 'unroll-compiled-model';
const VERSION = '1';
const OWN_KEYS: readonly string[] = ['format', 'format_version', 'model'];

/** What is compiled, and for what. */
export interface CompileModelOptions<S extends State> {
  /** Any cell: a stack, a `LanguageModelCell`, one of your own. */
  readonly cell: RecurrentCell<S>;
  /** Of x. Default float32; a model that reads tokens wants int32. */
  readonly dtype?: 'float32' | 'int32';
  /** For how many sequences side by side. Each number has code of its own and, loaded, a memory with the weights. Default [1]. */
  readonly batches?: readonly number[];
  /** Strings that go with the model: a vocabulary as JSON, a licence. The runtime hands them out. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Whether products may round once where the machine multiplies and adds in one step: faster on many machines. Engines without relaxed
   * SIMD then refuse the model, and the last bits depend on the machine. Default false: the same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
}

/**
 * Compiles the step of a model, as it stands now, to WebAssembly: a safetensors file with the code, the weights that it reads and
 * the shapes, which `load` of `@unroll/runtime` runs without any other package. Parameters keep their names and shapes; what the step
 * makes of parameters alone is stored as it is.
 *
 * @throws UnrollError INVALID_ARGUMENT if the step can't be written down or compiled (float64 can't), for a batch that is no integer
 * from 1 on or no batch at all, or if the metadata has a key of the format
 */
export async function compileModel<S extends State>({
  cell,
  dtype = 'float32',
  batches = [1],
  metadata = {},
  relaxedSimd = false,
}: CompileModelOptions<S>): Promise<Uint8Array<ArrayBuffer>> {
  const taken = OWN_KEYS.find((key) => Object.hasOwn(metadata, key));
  if (taken !== undefined) throw invalid(`the metadata key ${taken} is used by the format. Choose another.`);
  if (batches.length === 0) throw invalid('batches is empty. Give at least one number of sequences.');
  const names = new Map(namedParameters(cell).map(([name, parameter]) => [parameter, name]));
  const tensors = new TensorList();
  const programs: Program[] = [];
  for (const batch of new Set(batches)) {
    const step = await stepOf({ cell, batch, dtype });
    const loop = exportLoop(step.program, { relaxedSimd });
    if ('reason' in loop) throw invalid(`the step can’t be compiled, because ${loop.reason}.`);
    programs.push(programOf({ batch, step, loop, names, tensors }));
  }
  return encodeSafetensors(tensors.byName, {
    ...metadata,
    format: FORMAT,
    format_version: VERSION,
    model: JSON.stringify({ programs }),
  }) as Uint8Array<ArrayBuffer>;
}

/** A cell that reads tokens says of floats no more than what it can't do with them. */
async function stepOf<S extends State>(options: Parameters<typeof writeStep<S>>[0]): Promise<WrittenStep> {
  try {
    return await writeStep(options);
  } catch (error) {
    const isOfDtypes = error instanceof UnrollError && error.code === 'DTYPE_MISMATCH';
    const isFloat32 = namedParameters(options.cell).every(([, { value }]) => value.dtype === 'float32');
    if (!isOfDtypes || !isFloat32 || options.dtype !== 'float32') throw error;
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `compileModel: the cell can't read float32: ${error.message} Does it read tokens? Compile it with dtype: 'int32'.`,
      { cause: error },
    );
  }
}

function invalid(what: string): UnrollError {
  return new UnrollError('INVALID_ARGUMENT', `compileModel: ${what}`);
}
