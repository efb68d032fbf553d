import { UnrollError } from '@unroll/backend';
import { type GpuJs, loadGpuJs } from './gpujs.ts';

/**
 * Where kernels run. `webgl2` and `webgpu` in browsers; `webgpu` also in Node where `navigator.gpu` exists; `headlessgl` in Node with
 * the package `gl` and a display. `webasm` and `cpu` run the same kernels on the host, everywhere, for tests.
 */
export type Mode = 'webgl2' | 'webgpu' | 'headlessgl' | 'webasm' | 'cpu';

/** All modes, the fastest device first. */
export const MODES: readonly Mode[] = ['webgpu', 'webgl2', 'headlessgl', 'webasm', 'cpu'];

/** Whether a mode can be had here. */
export interface ModeAvailability {
  readonly mode: Mode;
  readonly available: boolean;
  /** Why not, and what would help. Empty where it is available. */
  readonly reason: string;
}

/**
 * Which modes can be had here, and why not the others.
 * @throws UnrollError NOT_AVAILABLE if gpu.js is not installed
 */
export async function availableModes(): Promise<readonly ModeAvailability[]> {
  const library = await loadGpuJs();
  return Promise.all(
    MODES.map(async (mode) => {
      const reason = await obstacles[mode](library.GPU);
      return { mode, available: reason === '', reason };
    }),
  );
}

/**
 * @throws UnrollError NOT_AVAILABLE with the reason and the remedy, if this mode cannot be had; nothing else is used in its place
 */
export async function requireMode(library: GpuJs, mode: Mode): Promise<void> {
  if (!MODES.includes(mode)) {
    throw new UnrollError('INVALID_ARGUMENT', `gpujs: there is no mode '${mode}'. Modes: ${MODES.join(', ')}.`);
  }
  const reason = await obstacles[mode](library.GPU);
  if (reason !== '') throw new UnrollError('NOT_AVAILABLE', `gpujs: mode '${mode}' cannot be had here: ${reason}`);
}

type Obstacle = (gpu: GpuJs['GPU']) => string | Promise<string>;

/** What stands in the way of each mode; empty where nothing does. */
const obstacles: { readonly [M in Mode]: Obstacle } = {
  webgpu: async (gpu) => {
    if (!gpu.isWebGPUSupported) {
      return inBrowser()
        ? "navigator.gpu is missing: the browser has no WebGPU, or the page is not served over https. Use 'webgl2'."
        : 'navigator.gpu is missing. In Node the package webgpu (Dawn) provides it, before gpu.js is loaded.';
    }
    return (await gpu.isWebGPUAvailable()) ? '' : "navigator.gpu gives no adapter for this machine. Use 'webgl2'.";
  },
  webgl2: (gpu) => {
    if (gpu.isWebGL2Supported) return '';
    return inBrowser()
      ? 'the browser gives no WebGL 2 context. Turn on hardware acceleration, or use @unroll/backend-wasm.'
      : "there is no WebGL 2 outside of browsers. In Node use 'headlessgl', or @unroll/backend-wasm.";
  },
  headlessgl: (gpu) => {
    if (gpu.isHeadlessGLSupported) return '';
    return inBrowser()
      ? "it is for Node. In a browser use 'webgpu' or 'webgl2'."
      : 'the package gl is not installed, or gives no context: it needs its native parts and an X display (xvfb-run -a node …).';
  },
  webasm: (gpu) => (gpu.isWebAssemblySupported ? '' : 'this engine has no WebAssembly.'),
  cpu: () => '',
};

function inBrowser(): boolean {
  return 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
}
