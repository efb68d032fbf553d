import type { Components } from './handle.ts';

/**
 * A kernel in GLSL ES 3.00, for WebGL 2 alone: `texelFetch` with places of our own, and several outputs of one size in one pass.
 */
export interface NativeSource {
  /** For errors and the table of compile times. */
  readonly name: string;
  /**
   * `vec4 texel(int x,int y){…}`, or `float texel(…)` where `components` is 1, for the place x < width, y < rows. It returns the first
   * output and leaves the others in `more1`, `more2`, …, which start as zeros. Textures are `user_a`, `user_b`, … in the order of inputs.
   */
  readonly glsl: string;
  /** The size of each output in texels; both sides at most the device's `sideLimit`. */
  readonly width: number;
  readonly rows: number;
  /** How many texels count, where the last row is filled up. Default: all. */
  readonly length?: number;
  readonly components: 1 | 4;
  /** How many outputs there are, at most the device's `nativeOutputs`. More than one only with 4 components. */
  readonly outputs: number;
  readonly inputs: readonly Components[];
}

/** What GPU.js is given for it. */
export interface NativeParts {
  readonly source: string;
  readonly functions: readonly { readonly name: string; readonly source: string }[];
  readonly globals: string;
  /** By the property of the result. */
  readonly more: Readonly<Record<string, string>>;
}

/** Splits a kernel into the function that GPU.js translates, and the GLSL that it calls. */
export function nativeParts({ glsl, inputs, outputs }: NativeSource): NativeParts {
  const names = inputs.map((_, i) => String.fromCodePoint(97 + i));
  const numbers = Array.from({ length: outputs - 1 }, (_, i) => i + 1);
  const stores = numbers.map((i) => `store${i}(this.thread.x);`).join('');
  return {
    source: `function(${names.join(',')}){const first=texel(this.thread.x,this.thread.y);${stores}return first;}`,
    functions: [
      { name: 'texel', source: glsl },
      ...numbers.map((i) => ({ name: `take${i}`, source: `vec4 take${i}(int x){return more${i};}` })),
    ],
    globals: numbers.map((i) => `vec4 more${i}=vec4(0.0);`).join('\n'),
    more: Object.fromEntries(numbers.map((i) => [`more${i}`, `function store${i}(x){return take${i}(x);}`])),
  };
}
