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

/** What is installed beside the repository's own packages, in exact versions, into a folder of the cache. */
export interface Installed {
  readonly folder: string;
  /** How the names of those begin who need it. */
  readonly of: string;
  readonly packages: Readonly<Record<string, string>>;
}

export const INSTALLED: readonly Installed[] = [
  {
    folder: '@tensorflow-tfjs-gpu',
    of: 'tfjs-',
    packages: { '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0' },
  },
  { folder: '@jax-js-jax', of: 'jax-', packages: { '@jax-js/jax': '0.1.25' } },
];
