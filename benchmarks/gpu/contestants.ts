/** Who takes part, as the page knows it. */
export interface GpuContestant {
  /** `library-device`. */
  readonly name: string;
  /** Runs on the GPU, in hardware or in software. */
  readonly gpu: boolean;
  /** Our own. */
  readonly own: boolean;
}

/** In the order of the tables. The first is what the others are compared with. */
export const CONTESTANTS: readonly GpuContestant[] = [
  { name: 'tfjs-webgl', gpu: true, own: false },
  { name: 'unroll-webgl2', gpu: true, own: true },
  { name: 'tfjs-webgpu', gpu: true, own: false },
  { name: 'unroll-webgpu', gpu: true, own: true },
  { name: 'jax-webgpu', gpu: true, own: false },
  { name: 'jax-wasm', gpu: false, own: false },
  { name: 'unroll-wasm', gpu: false, own: true },
];

/** What is installed beside the repository's own packages, in exact versions, into folders of the cache. */
export const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '@tensorflow-tfjs-gpu': { '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0' },
  '@jax-js-jax': { '@jax-js/jax': '0.1.25' },
};
