import { type TypedArray, UnrollError, checkGiven } from '@unroll/backend';
import { type Parameter, type Tensor, namedParameters } from '@unroll/tensor';
import type { SafetensorsTensor } from './safetensors/dtypes.ts';

/** The values of a model's parameters by name: exactly what `encodeSafetensors` takes. */
export type StateDict = ReadonlyMap<string, SafetensorsTensor>;

/**
 * A copy of the values of all parameters, by the names that `namedParameters` gives, in its order. Tied parameters stand in it once.
 * All values are those at the time of the call, also where the device is read later.
 * @throws UnrollError INVALID_ARGUMENT if two parameters have the same name
 */
export async function stateDict(model: object): Promise<StateDict> {
  checkGiven('stateDict', { model });
  const reads = namedValues(model).map(async ([name, value]) => [name, entry(value, await value.data())] as const);
  return new Map(await Promise.all(reads));
}

/**
 * The same without waiting.
 * @throws UnrollError NOT_SYNCHRONOUS on a backend that can only read asynchronously
 */
export function stateDictSync(model: object): StateDict {
  checkGiven('stateDictSync', { model });
  return new Map(namedValues(model).map(([name, value]) => [name, entry(value, value.dataSync())]));
}

/**
 * The parameters of a model by name.
 * @throws UnrollError INVALID_ARGUMENT if two parameters have the same name
 */
export function parametersByName(model: object): ReadonlyMap<string, Parameter> {
  const byName = new Map<string, Parameter>();
  for (const [name, parameter] of namedParameters(model)) {
    if (byName.has(name)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Two parameters of the model are named ${name}, because a field's name contains a dot. Rename that field.`,
      );
    }
    byName.set(name, parameter);
  }
  return byName;
}

function namedValues(model: object): readonly (readonly [string, Tensor])[] {
  return [...parametersByName(model)].map(([name, parameter]) => [name, parameter.value]);
}

function entry({ shape }: Tensor, data: TypedArray): SafetensorsTensor {
  if (data instanceof Float32Array) return { dtype: 'F32', shape, data };
  if (data instanceof Float64Array) return { dtype: 'F64', shape, data };
  return { dtype: 'I32', shape, data };
}
