import {
  type Buffer,
  type DType,
  type LoopProgram,
  type Signature,
  type TypedArray,
  UnrollError,
  isFloat,
} from '@unroll/backend';
import { type Parameter, type Tensor, getBackend, mapTensors, scope, zeros } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkCell } from '../check-cell.ts';
import { disposeState, keepState, leavesByPath } from '../state.ts';
import { StepProgram } from './step-program.ts';

/** Which step is written down. */
export interface WriteStepOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** Sequences side by side. Default 1. */
  readonly batch?: number;
  /** Of x: int32 for tokens. Default float32. */
  readonly dtype?: DType;
}

/** Elements in memory that JavaScript sees. */
export interface WrittenArray extends Signature {
  readonly data: TypedArray;
}

/** A step as plain data, for whoever compiles or ships it. */
export interface WrittenStep {
  /** One series in, x [batch, inputSize], and one out, y [batch, outputSize]. Nothing is left in the phase `once`. */
  readonly program: LoopProgram;
  /** What all steps read, by its position in the program: parameters, what is made of them alone, numbers. */
  readonly constants: ReadonlyMap<number, WrittenArray>;
  /** Those of the constants that are a parameter's value as it is. */
  readonly parameters: ReadonlyMap<number, Parameter>;
  /** The initial state in the order of `LoopProgram.carried`, by names: `h`, `0.c`; a bare tensor's is empty. */
  readonly state: ReadonlyMap<string, WrittenArray>;
}

/**
 * Writes the step of a cell down, on the active backend, as `Stream` does: what it makes of parameters alone has been made. For
 * compilers ahead of time.
 * @throws UnrollError INVALID_ARGUMENT if the batch is no integer from 1 on or the step can't be written down; any error that the
 * step throws
 */
export async function writeStep<S extends State>({
  cell,
  batch = 1,
  dtype = 'float32',
}: WriteStepOptions<S>): Promise<WrittenStep> {
  checkCell('writeStep', cell);
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new UnrollError('INVALID_ARGUMENT', `writeStep: the batch is ${batch}; it must be an integer from 1 on.`);
  }
  const backend = getBackend();
  const { step, initial } = scope(() => {
    const state = mapTensors(cell.initialState(batch), (leaf) =>
      isFloat(dtype) && leaf.dtype !== dtype ? leaf.cast(dtype) : leaf,
    );
    const x = zeros([batch, cell.inputSize], { dtype });
    // State that is a parameter's value, or a tensor of the caller, is not ours to free.
    const own = mapTensors(state, (leaf) => leaf.detach());
    return { step: new StepProgram(cell, x, state), initial: keepState(own) };
  });
  try {
    const { program, constants, parameters } = step.description;
    const read = async ({ shape, dtype: type }: Signature, data: Promise<TypedArray>): Promise<WrittenArray> => ({
      shape,
      dtype: type,
      data: await data,
    });
    const used = valuesReadBy(program);
    return {
      program,
      parameters,
      constants: await settled(
        [...constants].filter(([value]) => used.has(value)),
        (buffer: Buffer) => read(buffer, backend.download(buffer)),
      ),
      state: await settled([...leavesByPath(initial)], (leaf: Tensor) => read(leaf, leaf.data())),
    };
  } finally {
    disposeState(initial);
    step.dispose();
  }
}

function valuesReadBy({ phases, carried, outputs }: LoopProgram): ReadonlySet<number> {
  const equations = Object.values(phases).flat();
  return new Set([
    ...equations.flatMap(({ inputs }) => [...inputs]),
    ...carried.map(({ next }) => next),
    ...outputs.series,
  ]);
}

async function settled<K, V, R>(
  entries: readonly (readonly [K, V])[],
  read: (value: V) => Promise<R>,
): Promise<Map<K, R>> {
  return new Map(await Promise.all(entries.map(async ([key, value]) => [key, await read(value)] as const)));
}
