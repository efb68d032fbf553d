import { type Shape, sizeOf } from '@unroll/backend';
import type { Components, Device, Handle } from '../device/index.ts';
import { type Expression, Expressions, type Source } from './expression.ts';
import { type LoopKernel, kernelText, threadOver } from './kernel-text.ts';
import { type Position, along, at, flattened, plus, shifted, times, unflattened } from './position.ts';
import type { Deferred } from '../memory.ts';

/** What a kernel made at each step, in the order of time. Several series may be components of it. */
export class KeptSteps {
  readonly device: Device;
  readonly components: Components;
  readonly handles: readonly Handle[];
  #uses = 1;

  /** The handles become its own. */
  constructor(device: Device, components: Components, handles: readonly Handle[]) {
    this.device = device;
    this.components = components;
    this.handles = handles;
    for (const handle of handles) device.keep(handle);
  }

  use(): this {
    this.#uses++;
    return this;
  }

  release(): void {
    if (--this.#uses > 0) return;
    for (const handle of this.handles) this.device.free(handle);
  }
}

/** A part of a value: a component of what was kept. */
export interface Piece {
  readonly steps: KeptSteps;
  readonly component: number;
}

/** A value of all steps that is only brought together when something asks for all of it. */
export class KeptSeries implements Deferred {
  readonly pieces: readonly Piece[];
  /** Of the value in one step. */
  readonly shape: Shape;
  /** The axis along which the pieces lie, equally long. */
  readonly axis: number;
  #whole: Handle | undefined;
  #uses = 1;

  constructor(pieces: readonly Piece[], shape: Shape, axis: number) {
    this.pieces = pieces.map(({ steps, component }) => ({ steps: steps.use(), component }));
    this.shape = shape;
    this.axis = axis;
  }

  get #device(): Device {
    return this.pieces[0]!.steps.device;
  }

  share(): this {
    this.#uses++;
    return this;
  }

  free(): void {
    if (--this.#uses > 0) return;
    for (const { steps } of this.pieces) steps.release();
    if (this.#whole) this.#device.free(this.#whole);
  }

  /** All of it, as one buffer of scalars; a handle of the caller's. */
  handle(): Handle {
    this.#whole ??= this.#device.keep(gather(this.#device, this));
    return this.#device.share(this.#whole);
  }
}

/** The most arguments of a kernel. */
const MOST = 7;

/** Brings steps together: by copies, if the device makes them, and one kernel where several pieces lie beside each other; else by kernels. */
function gather(device: Device, series: KeptSeries): Handle {
  return stacked(device, series) ?? joinedByKernels(device, series);
}

function stacked(device: Device, { pieces, shape, axis }: KeptSeries): Handle | undefined {
  const kept = [...new Set(pieces.map(({ steps }) => steps))];
  if (kept.length > MOST) return undefined;
  const stacks: Handle[] = [];
  try {
    for (const { handles } of kept) {
      const stack = device.stack(handles);
      if (!stack) return undefined;
      stacks.push(stack);
    }
    if (pieces.length === 1 && stacks[0]!.components === 1) return device.share(stacks[0]!);
    const time = kept[0]!.handles.length;
    const layout = pieces.map(({ steps, component }) => ({
      index: kept.indexOf(steps),
      component,
      components: steps.components,
    }));
    const [length, ...rest] = shape.length === 0 ? [1] : (shape as [number, ...number[]]);
    const one = { shape: [length, ...rest], axis, layout, chunk: time, length: time * length };
    const kernel = joining(device.vectors, { ...one, isStacked: true });
    return device.run(
      kernel.kernel,
      argumentsOf(kernel, (_, index) => stacks[index]!),
    );
  } finally {
    for (const stack of stacks) device.free(stack);
  }
}

/** As many steps as a kernel takes at a time, then the results of that. */
function joinedByKernels(device: Device, { pieces, shape, axis }: KeptSeries): Handle {
  const kept = [...new Set(pieces.map(({ steps }) => steps))];
  const time = kept[0]!.handles.length;
  const perKernel = Math.max(1, Math.floor(MOST / kept.length));
  const layout = pieces.map(({ steps, component }) => ({
    index: kept.indexOf(steps),
    component,
    components: steps.components,
  }));
  const chunk = Math.min(perKernel, time);
  const [length, ...rest] = shape.length === 0 ? [1] : (shape as [number, ...number[]]);
  const first = joining(device.vectors, { shape: [length, ...rest], axis, layout, chunk, length: chunk * length });
  let parts: Handle[] = [];
  const free = (handles: readonly Handle[]): void => handles.forEach((handle) => device.free(handle));
  try {
    for (let t = 0; t < time; t += chunk) {
      // What is beyond the end is never looked at.
      const at = Array.from({ length: chunk }, (_, i) => Math.min(t + i, time - 1));
      const of = argumentsOf(first, (step, index) => kept[index]!.handles[at[step]!]!);
      parts.push(device.run(first.kernel, of));
    }
    for (let steps = chunk; parts.length > 1;) {
      const count = Math.min(MOST, parts.length);
      const kernel = joining(device.vectors, {
        shape: [steps * length, ...rest],
        axis: 0,
        layout: [{ index: 0, component: 0, components: 1 }],
        chunk: count,
        length: (count === parts.length ? time : steps * count) * length,
      });
      const from = parts;
      parts = [];
      try {
        for (let i = 0; i < from.length; i += count) {
          const of = argumentsOf(kernel, (step) => from[Math.min(i + step, from.length - 1)]!);
          parts.push(device.run(kernel.kernel, of));
        }
      } finally {
        free(from);
      }
      steps *= count;
    }
    return parts[0]!;
  } catch (error) {
    free(parts);
    throw error;
  }
}

function argumentsOf({ sources }: LoopKernel, handleOf: (step: number, index: number) => Handle): readonly Handle[] {
  return sources.map(({ key }) => {
    const [step, index] = key.split(' ').map(Number) as [number, number];
    return handleOf(step, index);
  });
}

interface Joining {
  /** Of the value in one step, one axis at least. */
  readonly shape: Shape;
  readonly axis: number;
  readonly layout: readonly { readonly index: number; readonly component: number; readonly components: Components }[];
  /** Steps that are given. */
  readonly chunk: number;
  /** Of the first axis of the result: the last step may be wanted in part. */
  readonly length: number;
  /** Whether the steps lie one after the other in one source, not each in its own. */
  readonly isStacked?: boolean;
}

const kernels = new Map<string, LoopKernel>();

/** A kernel that brings some steps together. */
function joining(vectors: boolean, options: Joining): LoopKernel {
  const key = JSON.stringify([vectors, options]);
  let kernel = kernels.get(key);
  if (!kernel) {
    // Texts are small and depend on nothing; a thousand of them are enough for whoever changes lengths all the time.
    if (kernels.size > 1000) kernels.clear();
    kernels.set(key, (kernel = makeJoining(vectors, options)));
  }
  return kernel;
}

function makeJoining(
  vectors: boolean,
  { shape, axis, layout, chunk, length: total, isStacked = false }: Joining,
): LoopKernel {
  const { width, rows, row, column } = threadOver([total, ...shape.slice(1)]);
  const expressions = new Expressions();
  const whole = [chunk, ...shape];
  const flat = plus(times(along(row), width), along(column));
  const [step, ...position] = unflattened(flat, whole) as [Position, ...Position[]];
  const length = shape[axis]! / layout.length;
  const pieceShape = shape.map((size, i) => (i === axis ? length : size));
  const choose = (
    of: Position,
    bounds: readonly number[],
    make: (index: number) => Expression,
    index = 0,
  ): Expression =>
    index === bounds.length
      ? make(index)
      : expressions.choice(of, bounds[index]!, make(index), choose(of, bounds, make, index + 1));
  const places = Array.from({ length: layout.length - 1 }, (_, i) => (i + 1) * length);
  const element = choose(step, isStacked ? [] : Array.from({ length: chunk - 1 }, (_, i) => i + 1), (s) => {
    const ofPiece = (p: number): Expression => {
      const { index, component, components } = layout[p]!;
      const source: Source = { key: `${s} ${index}`, components };
      const own = position.map((each, i) => (i === axis ? shifted(each, -p * length) : each));
      const start = isStacked ? times(step, sizeOf(pieceShape)) : at(0);
      return expressions.load(source, component, plus(start, flattened(own, pieceShape)));
    };
    return layout.length === 1 ? ofPiece(0) : choose(position[axis]!, places, ofPiece);
  });
  return kernelText({ name: 'loop join', width, rows, results: [element], vectors });
}
