import type { ExportedLoop, ExportedValue } from '@unroll/backend-wasm/export';
import type { WrittenArray, WrittenStep } from '@unroll/cells';
import type { Parameter, Shape } from '@unroll/tensor';
import type { TensorList } from './tensor-list.ts';

/** A range of a stream. */
interface Slot {
  readonly dtype: string;
  readonly shape: Shape;
  readonly offset: number;
}

/** The step for one number of sequences, as docs/formats/compiled-model.md has it. */
export interface Program {
  readonly batch: number;
  readonly input: Slot;
  readonly output: Slot;
  readonly state: readonly (Slot & { readonly name: string; readonly initial?: string })[];
  readonly module: string;
  readonly constants: readonly (readonly [tensor: string, address: number])[];
  readonly unpacked: readonly (readonly [tensor: string, address: number])[];
  readonly streams: number;
  readonly prepareBytes: number;
  readonly streamBytes: number;
  readonly table: readonly number[];
  readonly relocated: readonly number[];
}

/** What a program is put together from. */
export interface ProgramParts {
  readonly batch: number;
  readonly step: WrittenStep;
  readonly loop: ExportedLoop;
  /** Of the model's parameters. */
  readonly names: ReadonlyMap<Parameter, string>;
  /** Takes the tensors. */
  readonly tensors: TensorList;
}

/** Describes a program, and adds its tensors to the list. */
export function programOf({ batch, step, loop, names, tensors }: ProgramParts): Program {
  const { program, constants, parameters, state } = step;
  const { stream } = loop;
  const slot = (value: number, offset: number): Slot => {
    const { dtype, shape } = program.values[value]!;
    return { dtype, shape, offset };
  };
  const placed = ({ value, address }: ExportedValue): readonly [string, number] => {
    const parameter = parameters.get(value);
    const name = (parameter && names.get(parameter)) ?? `made.${batch}.${value}`;
    return [tensors.add(name, constants.get(value)!), address];
  };
  const initialOf = (name: string, array: WrittenArray): { readonly initial?: string } =>
    array.data.every((element) => Object.is(element, 0))
      ? {}
      : { initial: tensors.add(`initial.${batch}.${name}`, array) };
  return {
    batch,
    input: slot(program.inputs.series[0]!, stream.x),
    output: slot(program.outputs.series[0]!, stream.y),
    state: [...state].map(([path, array], i) => {
      const name = path === '' ? 'state' : path;
      return { name, ...slot(program.carried[i]!.value, stream.carried[i]!), ...initialOf(name, array) };
    }),
    module: tensors.add(`module.${batch}`, { dtype: 'uint8', shape: [loop.module.length], data: loop.module }),
    constants: loop.constants.map(placed),
    unpacked: loop.unpacked.map(placed),
    streams: loop.streams,
    prepareBytes: loop.prepareBytes,
    streamBytes: stream.bytes,
    table: stream.table,
    relocated: stream.relocated,
  };
}
