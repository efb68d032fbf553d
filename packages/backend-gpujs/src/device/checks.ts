import { UnrollError } from '@unroll/backend';
import type { Handle } from './handle.ts';
import type { KernelSource } from './kernel-source.ts';
import type { NativeSource } from './native-source.ts';

/** WebGPU takes 8 storage buffers, the output included; a GL context with too many textures computes wrong numbers. */
const MOST_INPUTS = 7;

/** Kernels compute places in float32, whatever they declare: beyond this two neighbours would be one. */
const MOST_ELEMENTS = 2 ** 24;

/** Refuses calls that some device would answer with wrong numbers. */
export function checkCall(
  source: KernelSource,
  inputs: readonly Handle[],
  scalars: readonly number[],
  vectors: boolean,
): void {
  const refuse = (what: string): never => {
    throw new UnrollError('INVALID_ARGUMENT', `gpujs: kernel ${source.name}: ${what}`);
  };
  if (inputs.length > MOST_INPUTS) {
    refuse(
      `takes ${inputs.length} arrays, and a device may not take more than ${MOST_INPUTS}. Make it several kernels.`,
    );
  }
  if (inputs.length !== source.inputs.length) refuse(`takes ${source.inputs.length} arrays, got ${inputs.length}.`);
  if (scalars.length !== (source.scalars?.length ?? 0)) {
    refuse(`takes ${source.scalars?.length ?? 0} numbers, got ${scalars.length}.`);
  }
  const largest = Math.max(source.width * source.rows, ...inputs.map(({ length }) => length));
  if (largest > MOST_ELEMENTS) {
    refuse(
      `of ${largest} elements, and places are exact up to ${MOST_ELEMENTS} (64 MiB): GPU.js counts them in float32. ` +
        'Use a smaller batch or shorter sequences, or take the array in slices; @unroll/backend-wasm has no such bound.',
    );
  }
  for (const [i, { length, components }] of inputs.entries()) {
    if (components !== source.inputs[i]) {
      refuse(`array ${i} has ${components} components instead of ${source.inputs[i]}. Use asScalars.`);
    }
    if (components !== 1 && !vectors)
      refuse(`array ${i} has ${components} components, which this mode cannot read. Use asScalars.`);
    if (length === 0 && source.width * source.rows > 0) refuse(`array ${i} is empty.`);
  }
}

/** The same for kernels in GLSL. */
export function checkNative(source: NativeSource, inputs: readonly Handle[], outputs: number, limit: number): void {
  const { name, width, rows } = source;
  const refuse = (what: string): never => {
    throw new UnrollError('INVALID_ARGUMENT', `gpujs: kernel ${name}: ${what}`);
  };
  if (source.outputs > outputs) refuse(`has ${source.outputs} outputs, this mode allows ${outputs} in GLSL.`);
  if (width > limit || rows > limit) refuse(`${width} × ${rows} is more than the longest side, ${limit}.`);
  for (const [i, { components }] of inputs.entries()) {
    if (components === source.inputs[i]) continue;
    refuse(`array ${i} has ${components} components instead of ${source.inputs[i]}.`);
  }
}

/** The error that names what failed. */
export function failed(name: string, cause: unknown): UnrollError {
  if (cause instanceof UnrollError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new UnrollError('DEVICE_FAILED', `gpujs: ${name} failed on the device: ${message}`, { cause });
}

export function disposedOf(op: string): UnrollError {
  return new UnrollError('USE_AFTER_DISPOSE', `gpujs: ${op}: the backend was disposed of. Make another with gpujs().`);
}

/** The error where no texture is so large. */
export function tooManyElements(name: string, elements: number, limit: number): UnrollError {
  return new UnrollError(
    'OUT_OF_MEMORY',
    `${name}: ${elements} elements do not fit in a texture of at most ${limit} × ${limit}. Use a smaller batch.`,
  );
}
