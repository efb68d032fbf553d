import type { WorkloadName } from './contestants/workloads.ts';

/** Who competes, and how its process starts. */
export interface Implementation {
  /** As in the tables and in `--impl`. */
  readonly name: string;
  /** The file in `contestants/` that runs it. */
  readonly module: string;
  /** A folder of its own in the cache, with these packages installed; exact versions. */
  readonly packages: Readonly<Record<string, string>>;
  readonly threads: number;
  /** What its Node is started with. */
  readonly flags?: readonly string[];
  readonly workloads: readonly WorkloadName[];
  /** How many first losses it shows on the large W2, where each may take a minute. */
  readonly checksOfW2: number;
}

const ALL: readonly WorkloadName[] = ['W1', 'W2', 'W3', 'W4'];

const own = { module: 'unroll.ts', packages: {}, threads: 1, workloads: ALL, checksOfW2: 5 };
const yardstick = { module: 'yardstick.mjs', packages: {}, threads: 1, workloads: ALL, checksOfW2: 5 };
const jax = {
  module: 'jax.mjs',
  packages: { '@jax-js/jax': '0.1.25' },
  threads: 1,
  workloads: ALL,
  checksOfW2: 1,
};
const tfjs = {
  module: 'tfjs.mjs',
  packages: { '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-wasm': '4.22.0' },
  threads: 1,
  workloads: ALL,
  checksOfW2: 1,
};

/** V8 joins vectors of 128 bits to vectors of 256 in all modules: what others gain by the flag that unroll sets for its own. */
const wide = { flags: ['--experimental-wasm-revectorize'], workloads: ['W1'] as const };

/** In the order in which they get ready, and of the tables: the slowest last. */
export const IMPLEMENTATIONS: readonly Implementation[] = [
  { ...yardstick, name: 'yardstick' },
  { ...own, name: 'unroll-wasm-1' },
  // It sets the flag for its own modules itself.
  { ...own, name: 'unroll-wide-1' },
  // What a page runs that has the runtime alone.
  { ...own, name: 'unroll-runtime', workloads: ['W3'], checksOfW2: 0 },
  { ...own, name: 'unroll-cpu', checksOfW2: 1 },
  // One thread only: two spin, and take the processors from whoever else is measured.
  { name: 'pytorch', module: 'pytorch.py', packages: {}, threads: 1, workloads: ALL, checksOfW2: 5 },
  {
    name: 'onnxruntime-node',
    module: 'onnxruntime.mjs',
    packages: { 'onnxruntime-node': '1.30.0' },
    threads: 1,
    workloads: ['W3'],
    checksOfW2: 0,
  },
  // Two threads are timed by the clock on the wall: their processor times add up.
  { ...yardstick, name: 'yardstick-2', threads: 2, workloads: ['W1', 'W2'] },
  { ...own, name: 'unroll-wasm-2', threads: 2 },
  { ...own, name: 'unroll-wide-2', threads: 2 },
  { ...yardstick, ...wide, name: 'yardstick-wide' },
  { ...jax, name: 'jax-js' },
  { ...jax, ...wide, name: 'jax-js-wide' },
  { ...tfjs, name: 'tfjs-wasm' },
  { ...tfjs, ...wide, name: 'tfjs-wasm-wide' },
  { ...tfjs, name: 'tfjs-cpu' },
  {
    name: 'brain.js',
    module: 'brain.mjs',
    packages: { 'brain.js': '1.6.1' },
    threads: 1,
    workloads: ['W1', 'W2', 'W3'],
    checksOfW2: 0,
  },
];
