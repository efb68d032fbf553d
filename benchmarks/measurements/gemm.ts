// Matrix products through `matmul`, packing included, against the most that 128-bit WebAssembly can do here.
import { wasm } from '@unroll/backend-wasm';
import { Rng, matmul, scope, setBackend, tensor } from '@unroll/tensor';
import { figure } from '../markdown.ts';
import { median } from '../statistics.ts';
import { cpuTime, report } from './measurement.ts';
import { FLOP_PER_TURN, mulAddPeak, relaxedPeak } from './peak.ts';

/** [rows, inner, columns]: recurrent products of a step, and the products over all steps. */
const SHAPES = [
  [32, 128, 512],
  [32, 256, 1024],
  [64, 512, 2048],
  [1600, 128, 512],
  [1600, 512, 2048],
] as const;
const ROUNDS = 9;
const TARGET_FLOP = 2e8;

const backend = await wasm();
setBackend(backend);
const rng = new Rng(1);
const random = (shape: readonly [number, number]): ReturnType<typeof tensor> =>
  tensor(
    Float32Array.from({ length: shape[0] * shape[1] }, () => rng.next() - 0.5),
    { shape },
  );

interface Candidate {
  readonly name: string;
  readonly flop: number;
  readonly work: () => unknown;
  readonly rates: number[];
}

function product(transposeA: boolean, transposeB: boolean, [m, k, n]: (typeof SHAPES)[number]): Candidate {
  const a = random(transposeA ? [k, m] : [m, k]);
  const b = random(transposeB ? [n, k] : [k, n]);
  return {
    name: `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'} ${m},${k},${n}`,
    flop: 2 * m * k * n,
    work: () => scope(() => void matmul(a, b, { transposeA, transposeB })),
    rates: [],
  };
}

const TURNS = 100_000;
const peaks = [
  { name: 'multiply and add', peak: mulAddPeak() },
  { name: 'relaxed SIMD', peak: relaxedPeak() },
].flatMap(({ name, peak }): Candidate[] =>
  peak ? [{ name, flop: TURNS * FLOP_PER_TURN, work: () => peak(TURNS), rates: [] }] : [],
);
const products = SHAPES.flatMap((shape) => [
  product(false, false, shape),
  product(false, true, shape),
  product(true, false, shape),
]);
for (let round = 0; round < ROUNDS + 2; round++) {
  for (const { flop, work, rates } of [...peaks, ...products]) {
    const times = Math.max(1, Math.round(TARGET_FLOP / flop));
    const rate = flop / cpuTime(work, times) / 1e6;
    // The first rounds are for the compiler.
    if (round >= 2) rates.push(rate);
  }
}
const ceilings = peaks.map(({ rates }) => median(rates));
const ceiling = Math.max(...ceilings);
const rateOf = (name: string): string => {
  const rate = median(products.find((each) => each.name === name)!.rates);
  return `${figure(rate)} (${Math.round((100 * rate) / ceiling)} %)`;
};
report({
  heading: 'Matrix products',
  text:
    `GFLOP/s of one thread through \`matmul\` on ${backend.description}; B is packed in every call. In brackets the part of the most that ` +
    `128-bit WebAssembly can do on this machine, measured in the same rounds: ` +
    `${peaks.map(({ name }, i) => `${name} ${figure(ceilings[i])}`).join(', ')} GFLOP/s. nn is A·B, nt A·Bᵀ, tn Aᵀ·B.`,
  header: ['rows, inner, columns', 'nn', 'nt', 'tn'],
  rows: SHAPES.map((shape) => [
    shape.join(', '),
    ...['nn', 'nt', 'tn'].map((kind) => rateOf(`${kind} ${shape.join(',')}`)),
  ]),
});
