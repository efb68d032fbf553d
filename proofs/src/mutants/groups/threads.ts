import type { MutationGroup } from '../mutation.ts';

const wasm = 'packages/backend-wasm/src';

/** Mistakes in work that threads share: the parts must cover the whole, once. */
export const threads: MutationGroup = {
  tests: ['parts', 'training', 'pool', 'late', 'contention', 'comparison'].map(
    (name) => `${wasm}/threads/${name}.test`,
  ),
  mutations: [
    {
      mistake: 'sums of products: what one part has summed is left out',
      file: `${wasm}/ops/sum-of-products.ts`,
      edits: [['sums.slice(1).map((other) => {', 'sums.slice(2).map((other) => {']],
    },
    {
      mistake: 'sums of products: more rows than fit at once begin the sum anew',
      file: `${wasm}/ops/sum-of-products.ts`,
      edits: [['Number(j > 0)', '0']],
    },
    {
      mistake: 'sums of products: steps that are taken later are those at the start',
      file: `${wasm}/kernels/gemm/multiply-over-time.ts`,
      edits: [['f.set(b, i32.add(b, i32.mul(bStep, steps)));', '']],
    },
    {
      mistake: 'products over time: infinities beside rows of zeros are skipped',
      file: `${wasm}/ops/product-over-time.ts`,
      edits: [['results.every((isFinite) => isFinite === 1)', 'results.length > 0']],
    },
    {
      mistake: 'products over time: all later steps write to one place',
      file: `${wasm}/kernels/gemm/multiply-packed-by-step.ts`,
      edits: [['f.set(c, i32.add(c, i32.mul(cStep, steps)));', '']],
    },
    {
      mistake: 'posted jobs: where memory lies is told while they still run',
      file: `${wasm}/memory/memory.ts`,
      edits: [['address(buffer: Buffer): number {\n    this.onTouch();', 'address(buffer: Buffer): number {']],
    },
    {
      mistake: 'posted jobs: the next one is handed out while they still run',
      file: `${wasm}/threads/pool.ts`,
      edits: [['this.settle();\n    if (parts.length < 2', 'if (parts.length < 2']],
    },
    {
      mistake: 'busy processors: jobs of all sizes are compared as if they were one',
      file: `${wasm}/threads/comparison.ts`,
      edits: [['let kind = ofKernel.get(sizes);', 'let kind = [...ofKernel.values()][0];']],
    },
    {
      mistake: 'busy processors: a comparison goes on until jobs come again',
      file: `${wasm}/threads/comparison.ts`,
      edits: [['(isLong && this.#isCovered) ||', '(isLong && this.#isCovered) &&']],
    },
    {
      mistake: 'busy processors: workers are asked again as soon as they were found not to help',
      file: `${wasm}/threads/contention.ts`,
      edits: [['ratio < ENOUGH', 'ratio > ENOUGH']],
    },
    {
      mistake: 'busy processors: workers that do not help are asked',
      file: `${wasm}/threads/pool.ts`,
      edits: [['this.#running === 0 || !this.#contention.asksWorkers || !', 'this.#running === 0 || !']],
    },
  ],
};
