import { UnrollError, formatShape, sameShape, type DType } from '@unroll/backend';
import { isTensor } from './brand.ts';
import { describe } from './describe.ts';
import { isRecording } from './recorder.ts';
import { keep } from './scope.ts';
import type { Tensor } from './tensor.ts';

/** Tensors that some parameter owns, so that no two free the same one. */
const owned = new WeakSet<Tensor>();

let substitutes: ReadonlyMap<Parameter, Tensor> | undefined;

/**
 * Runs `fn` as if some parameters had other values: weights with dropout, an average of weights. Nothing is assigned, and derivatives
 * go through the values given. Inside another such call, the other parameters keep the values given there. Synchronous, as
 * `withRecorder`.
 * @throws UnrollError SHAPE_MISMATCH if a value has another shape than its parameter
 */
export function withParameterValues<T>(values: ReadonlyMap<Parameter, Tensor>, fn: () => T): T {
  for (const [parameter, value] of values) {
    if (sameShape(value.shape, parameter.value.shape)) continue;
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `withParameterValues: a value ${formatShape(value.shape)} can't stand for a parameter of ${formatShape(parameter.value.shape)}.`,
    );
  }
  const outer = substitutes;
  substitutes = outer ? new Map([...outer, ...values]) : values;
  try {
    return fn();
  } finally {
    substitutes = outer;
  }
}

let reads: Set<Parameter> | undefined;

/** Runs `fn`; gives its result, and the parameters whose values it read: what it made stands as long as those stay the same. */
export function readingParameters<T>(fn: () => T): {
  readonly result: T;
  readonly parameters: ReadonlySet<Parameter>;
} {
  const outer = reads;
  const parameters: Set<Parameter> = (reads = new Set());
  try {
    return { result: fn(), parameters };
  } finally {
    reads = outer;
    for (const parameter of parameters) outer?.add(parameter);
  }
}

/**
 * A trainable tensor: the one mutable thing in a model. Ops take it wherever they take a tensor. It owns its value: no scope frees
 * it, and setting another frees the old one (keep a copy with `parameter.value.detach()`).
 */
export class Parameter {
  #value: Tensor;

  /** @throws UnrollError INVALID_ARGUMENT for what is no tensor */
  constructor(value: Tensor) {
    if (!isTensor(value)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Parameter: expected a tensor, got ${describe(value)}. Give tensor(…).`,
      );
    }
    this.#value = own(value);
  }

  get value(): Tensor {
    reads?.add(this);
    return substitutes?.get(this) ?? this.#value;
  }

  /** @throws UnrollError SHAPE_MISMATCH if the shape differs */
  set value(next: Tensor) {
    const old = this.#value;
    if (next === old) return;
    if (!sameShape(next.shape, old.shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `Parameter: a value ${formatShape(next.shape)} can't replace one of ${formatShape(old.shape)}.`,
      );
    }
    this.#value = own(next);
    owned.delete(old);
    // A recording may still need the old value; then the garbage collector takes it.
    if (!isRecording()) old.dispose();
  }
}

function own(value: Tensor): Tensor {
  const mine = keep(owned.has(value) ? value.detach() : value);
  owned.add(mine);
  return mine;
}

/**
 * Every Parameter in a model, found by walking its fields, arrays and maps; the path is its name: `decoder.cell.weight_ih`.
 * A parameter that stands in two places (tied weights) is listed once, under the first.
 */
export function namedParameters(model: object): readonly (readonly [name: string, parameter: Parameter])[] {
  const found: [string, Parameter][] = [];
  walk(model, '', new Set(), (name, parameter) => found.push([name, parameter]));
  return found;
}

/** Every Parameter in a model, without the names. */
export function parametersOf(model: object): readonly Parameter[] {
  return namedParameters(model).map(([, parameter]) => parameter);
}

/** Casts every parameter of a model in place, say to float64 for a gradient check. Returns the model. */
export function castParameters<Model extends object>(model: Model, dtype: DType): Model {
  for (const parameter of parametersOf(model)) parameter.value = parameter.value.cast(dtype);
  return model;
}

function walk(
  value: unknown,
  path: string,
  seen: Set<object>,
  found: (name: string, parameter: Parameter) => void,
): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Parameter) return found(path, value);
  if (isTensor(value)) return;
  const entries = value instanceof Map ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) walk(item, path === '' ? String(key) : `${path}.${String(key)}`, seen, found);
}
