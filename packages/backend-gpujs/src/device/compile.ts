import type { RawGpu } from '../gpujs.ts';
import type { Mode } from '../modes.ts';
import { type Components, type Storage, bytesPerTexel } from './handle.ts';
import type { KernelEntry } from './kernel-cache.ts';
import { type KernelSource, type Layout, helpersFor, withPlace } from './kernel-source.ts';
import { type NativeSource, nativeParts } from './native-source.ts';

const SETTINGS = {
  precision: 'single',
  // Without it floats may be `lowp`, which on a phone is 16 bits.
  tactic: 'precision',
  pipeline: true,
  // Else the next call writes over an earlier result.
  immutable: true,
  // 1000 by default, at which a loop bounded by data would stop without a word.
  loopMaxIterations: 0x7fffffff,
} as const;

/** A kernel that was given to the library; it is translated at its first call. */
export type Compiled = Omit<KernelEntry, 'live' | 'evicted'>;

/** What arguments of each mode are called. */
const TYPES: { readonly [M in Mode]: (components: Components) => string } = {
  webgl2: (components) => `ArrayTexture(${components})`,
  headlessgl: (components) => `ArrayTexture(${components})`,
  webgpu: () => 'WebGPUBuffer',
  webasm: () => 'Array',
  cpu: () => 'Array',
};

/** A kernel for one size of output, and for inputs of these sizes. */
export function compileKernel(gpu: RawGpu, mode: Mode, source: KernelSource, layout: Layout): Compiled {
  const text = withPlace(source.source, layout);
  const constants = source.constants ?? {};
  const types = [
    ...source.inputs.map(TYPES[mode]),
    ...(source.scalars ?? []).map((kind) => (kind === 'integer' ? 'Integer' : 'Float')),
  ];
  const kernel = gpu.createKernel(text, {
    ...SETTINGS,
    output: outputOf(layout),
    functions: helpersFor(text),
    constants,
    constantTypes: Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer'])),
    argumentTypes: Object.fromEntries(types.map((type, i) => [`_${i}`, type])),
    ...(source.components > 1 && { returnType: `Array(${source.components})` }),
  });
  return { name: source.name, kernel, bytes: layout.width * layout.rows * bytesPerTexel(mode, source.components) };
}

/** A kernel in GLSL. */
export function compileNative(gpu: RawGpu, mode: Mode, source: NativeSource): Compiled {
  const parts = nativeParts(source);
  const settings = {
    ...SETTINGS,
    output: [source.width, source.rows],
    argumentTypes: Object.fromEntries(source.inputs.map((n, i) => [`_${i}`, `ArrayTexture(${n})`])),
    nativeFunctions: parts.functions,
    injectedNative: parts.globals,
    ...(source.components === 4 && { returnType: 'Array(4)' }),
  };
  const kernel =
    source.outputs === 1
      ? gpu.createKernel(parts.source, settings)
      : gpu.createKernelMap(parts.more, parts.source, settings);
  return {
    name: source.name,
    kernel,
    bytes: source.width * source.rows * bytesPerTexel(mode, source.components) * source.outputs,
  };
}

/** One kernel for all uploads of one size: a kernel takes one kind of argument, for life. */
export function compileUpload(gpu: RawGpu, mode: Mode, layout: Layout): Compiled {
  const at = layout.linear ? 'this.thread.x' : `this.thread.y*${layout.width}+this.thread.x`;
  const kernel = gpu.createKernel(`function(a){return a[${at}];}`, {
    ...SETTINGS,
    output: outputOf(layout),
    argumentTypes: { a: 'Input' },
  });
  return { name: 'upload', kernel, bytes: layout.width * layout.rows * bytesPerTexel(mode, 1) };
}

function outputOf({ width, rows, linear }: Layout): readonly number[] {
  return linear ? [width] : [width, rows];
}

/** What a compiled kernel is made for. */
export function keyOf(
  source: Pick<KernelSource, 'width' | 'rows' | 'components' | 'constants' | 'scalars' | 'source'>,
  inputs: readonly Storage[],
  mode: Mode,
): string {
  const constants = source.constants ? JSON.stringify(source.constants) : '';
  // On WebGPU the sizes of inputs are arguments, elsewhere part of the program.
  const sizes = inputs.map((input) => (mode === 'webgpu' ? '' : `${input.width}x${input.rows}.${input.components}`));
  const scalars = source.scalars?.join(',') ?? '';
  return `${source.width}x${source.rows}.${source.components}|${sizes.join(',')}|${scalars}|${constants}|${source.source}`;
}

/** The same for uploads. */
export function keyOfUpload({ width, rows }: Layout): string {
  return `upload|${width}x${rows}`;
}
