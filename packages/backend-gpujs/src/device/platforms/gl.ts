import { UnrollError } from '@unroll/backend';
import type { RawResult } from '../../gpujs.ts';
import { type GlWithPrograms, bindAttributes, pointAttributes } from './gl-attributes.ts';
import { GlErrors, type GlWithErrors } from './gl-errors.ts';
import { type Platform, type PlatformOptions, type Size, isResult, lost, modeCheck } from './platform.ts';

type GlNumber = number;

/** The parts of a WebGL context that are used. */
interface Gl extends GlWithErrors, GlWithPrograms {
  isContextLost(): boolean;
  getParameter(name: GlNumber): unknown;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
  createTexture(): object | null;
  activeTexture(unit: GlNumber): void;
  bindTexture(target: GlNumber, texture: object): void;
  texParameteri(target: GlNumber, name: GlNumber, value: GlNumber): void;
  pixelStorei(name: GlNumber, value: boolean): void;
  texImage2D(
    target: GlNumber,
    level: number,
    internalFormat: GlNumber,
    width: number,
    height: number,
    border: number,
    format: GlNumber,
    type: GlNumber,
    data: Float32Array | null,
  ): void;
  deleteBuffer(buffer: object): void;
  createFramebuffer(): object | null;
  bindFramebuffer(target: GlNumber, framebuffer: object): void;
  framebufferTexture2D(
    target: GlNumber,
    attachment: GlNumber,
    kind: GlNumber,
    texture: object | null,
    level: number,
  ): void;
  copyTexSubImage2D(
    target: GlNumber,
    level: number,
    x: number,
    y: number,
    fromX: number,
    fromY: number,
    width: number,
    height: number,
  ): void;
}

interface TextureSettings {
  readonly texture: object;
  readonly size: readonly number[];
  readonly dimensions: readonly number[];
  readonly output: readonly number[];
  readonly context: Gl;
  readonly kernel: unknown;
  readonly internalFormat: GlNumber;
  readonly textureFormat: GlNumber;
}

/** A texture as GPU.js wraps it. */
interface TextureResult extends Omit<RawResult, 'output'>, TextureSettings {
  readonly constructor: new (settings: TextureSettings) => RawResult;
}

/** Textures of a WebGL context, in the modes webgl2 and headlessgl. */
export function glPlatform({ gpu, mode, held }: PlatformOptions): Platform {
  // There is one when the first kernel is compiled.
  const context = (): Gl | null => gpu.context as Gl | null;
  const errors = new GlErrors(context, held);
  const limits = new Map<Uppercase<string>, number>();
  /** A number that does not change; asking the context may take long. */
  const limit = (name: Uppercase<string>): number | undefined => {
    const gl = context();
    if (gl && !limits.has(name)) limits.set(name, gl.getParameter(gl[name]!) as number);
    return limits.get(name);
  };
  let pattern: Omit<TextureSettings, 'texture' | 'size' | 'dimensions' | 'output'> | undefined;
  let Texture: TextureResult['constructor'] | undefined;
  let reading: object | null = null;
  let spare: object | undefined;

  return {
    get sideLimit() {
      return limit('MAX_TEXTURE_SIZE') ?? 4096;
    },
    get outputLimit() {
      if (mode !== 'webgl2') return 0;
      // GPU.js maps a kernel to 8 at most; 4 is what the standard grants.
      return Math.min(8, limit('MAX_DRAW_BUFFERS') ?? 4);
    },
    checkAlive: () => {
      if (context()?.isContextLost()) throw lost('the WebGL context');
    },
    building: (call) => {
      const gl = context();
      if (!gl) return call();
      bindAttributes(gl);
      const result = call();
      pointAttributes(gl);
      return result;
    },
    making: (bytes) => errors.making(bytes),
    made: (name, bytes) => errors.made(name, bytes),
    checkErrors: () => errors.check(),
    // All kernels in GL call themselves so.
    checkMode: modeCheck(mode, 'gpu'),
    result: (name, given) => {
      if (isResult(given)) return given;
      throw new UnrollError(
        'DEVICE_FAILED',
        `gpujs: ${name} gave no texture. Is float rendering missing on this device?`,
      );
    },
    asScalars: (raw) => raw,
    learn: (first) => {
      // WebGL 1 has textures of four numbers alone: there a kernel does it.
      if (mode !== 'webgl2') return;
      // GPU.js makes it as wide as the widest and as high as the highest texture, though nothing is drawn there: that may be 256 MiB.
      for (const side of ['width', 'height'] as const) {
        if (gpu.canvas) Object.defineProperty(gpu.canvas, side, { value: 1, writable: true, configurable: true });
      }
      const { constructor, context: gl, kernel, internalFormat, textureFormat } = first as TextureResult;
      if (internalFormat !== gl['R32F']) return;
      Texture = constructor;
      pattern = { context: gl, kernel, internalFormat, textureFormat };
    },
    ...(mode === 'webgl2' && {
      stack: (raws, { width, rows }) => {
        const { constructor, context: gl, kernel, internalFormat, textureFormat } = raws[0] as TextureResult;
        const settings = { context: gl, kernel, internalFormat, textureFormat };
        const all = { width, rows: rows * raws.length };
        const texture = filledTexture(settings, null, all);
        reading ??= gl.createFramebuffer();
        const [target, framebuffer] = [gl['TEXTURE_2D']!, gl['FRAMEBUFFER']!];
        gl.bindFramebuffer(framebuffer, reading!);
        for (const [i, raw] of raws.entries()) {
          const from = (raw as TextureResult).texture;
          gl.framebufferTexture2D(framebuffer, gl['COLOR_ATTACHMENT0']!, target, from, 0);
          gl.copyTexSubImage2D(target, 0, 0, i * rows, 0, 0, width, rows);
        }
        // What is attached is not given back when it is deleted.
        gl.framebufferTexture2D(framebuffer, gl['COLOR_ATTACHMENT0']!, target, null, 0);
        const output = [all.width, all.rows];
        return new constructor({ ...settings, texture, size: output, dimensions: [...output, 1], output });
      },
    }),
    get upload() {
      if (!Texture || !pattern) return undefined;
      const [of, like] = [Texture, pattern];
      return (data: Float32Array, { width, rows }: Size) => {
        const [across, down] = sidesOf({ width, rows });
        const filled = new Float32Array(across * down);
        filled.set(data);
        const texture = filledTexture(like, filled, { width: across, rows: down });
        const output = [width, rows];
        return new of({ ...like, texture, size: [across, down], dimensions: [...output, 1], output });
      };
    },
    destroy: (kernel) => {
      const gl = context();
      const parts = kernel.kernel as { buffer?: object | undefined };
      // The corners of what is drawn lie in a buffer of the kernel that was built last, for all kernels: that one has to stay.
      const used = gl?.getParameter(gl['ARRAY_BUFFER_BINDING']!);
      if (spare && spare !== used) gl?.deleteBuffer(spare);
      if (spare !== used) spare = undefined;
      if (parts.buffer && parts.buffer === used) {
        spare = parts.buffer;
        parts.buffer = undefined;
      }
      kernel.destroy();
    },
    release: async () => {},
    describe: async () => {
      const gl = context();
      if (!gl) return mode;
      const info = gl.getExtension('WEBGL_debug_renderer_info');
      return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl['RENDERER']!));
    },
  };
}

/** The sides that a texture has which a kernel makes: of one row it makes about a square. Both are read by kernels compiled for them. */
function sidesOf({ width, rows }: Size): readonly [across: number, down: number] {
  if (rows > 1) return [width, rows];
  let [across, down] = [Math.floor(Math.sqrt(width)), Math.ceil(Math.sqrt(width))];
  while (across * down < width) across = Math.ceil(width / --down);
  return [across, Math.ceil(width / across)];
}

function filledTexture(
  { context: gl, internalFormat, textureFormat }: Pick<TextureSettings, 'context' | 'internalFormat' | 'textureFormat'>,
  data: Float32Array | null,
  { width, rows }: Size,
): object {
  const texture = gl.createTexture();
  // A context that is lost makes none.
  if (!texture) throw lost('the WebGL context');
  const target = gl['TEXTURE_2D']!;
  // The last unit, as GPU.js does: no kernel has so many arguments.
  gl.activeTexture(gl['TEXTURE15']!);
  gl.bindTexture(target, texture);
  for (const side of ['TEXTURE_WRAP_S', 'TEXTURE_WRAP_T'] as const) {
    gl.texParameteri(target, gl[side]!, gl['CLAMP_TO_EDGE']!);
  }
  for (const filter of ['TEXTURE_MIN_FILTER', 'TEXTURE_MAG_FILTER'] as const) {
    gl.texParameteri(target, gl[filter]!, gl['NEAREST']!);
  }
  gl.pixelStorei(gl['UNPACK_FLIP_Y_WEBGL']!, false);
  gl.texImage2D(target, 0, internalFormat, width, rows, 0, textureFormat, gl['FLOAT']!, data);
  return texture;
}
