// How fast matrix products run: beside the ceiling of 128-bit multiplications and additions, and beside backend-cpu. Rounds are
// interleaved and count processor time, so that a busy machine slows all columns alike.
// Usage: node --conditions=@unroll/source scripts/matmul.ts [rounds] [m,k,n …]
import { type Backend, type PrimitiveAttrs, type Shape, allocate } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { wasm } from '../src/index.ts';
import { ceiling } from './ceiling.ts';

type Flags = PrimitiveAttrs['matmul'];

const rounds = Number(process.argv[2] ?? 5);
const asked = process.argv.slice(3).map((text) => text.split(',').map(Number));
const SHAPES: readonly Shape[] = [
  [32, 128, 512],
  [32, 256, 1024],
  [64, 512, 2048],
  [1600, 128, 512],
  [1600, 512, 2048],
];
const KINDS: Readonly<Record<string, Flags>> = {
  nn: { transposeA: false, transposeB: false },
  nt: { transposeA: false, transposeB: true },
  tn: { transposeA: true, transposeB: false },
};

const exact = await wasm({ relaxedSimd: false });
const chosen = await wasm();
const relaxed = await wasm({ relaxedSimd: true }).catch(() => undefined);
const backends: Readonly<Record<string, Backend>> = { cpu: cpu(), exact, ...(relaxed ? { relaxed } : {}) };
const peak = ceiling();

/** Billions of operations per second of processor time. */
function rate(work: () => void, operations: number, times: number): number {
  const start = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(start);
  return (operations * times) / (user + system) / 1000;
}

const median = (values: readonly number[]): number => values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!;

console.log(`Node ${process.version}; ${chosen.description}`);
console.log(['product', 'ceiling', ...Object.keys(backends), 'exact/ceiling', 'exact/cpu'].join('\t'));
for (const [m, k, n] of asked.length > 0 ? asked : SHAPES) {
  for (const [kind, flags] of Object.entries(KINDS)) {
    const operations = 2 * m! * k! * n!;
    const candidates = Object.values(backends).map((backend) => product(backend, m!, k!, n!, flags));
    const ceilings: number[] = [];
    const rates: number[][] = candidates.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      const each = candidates.map((run) => rate(run, operations, Math.max(1, Math.round(1e8 / operations))));
      const top = rate(() => peak.run(100_000), peak.operations(100_000), 10);
      if (round === 0) continue; // compiled by now
      each.forEach((value, i) => rates[i]!.push(value));
      ceilings.push(top);
    }
    const [top, ...values] = [ceilings, ...rates].map(median);
    const [ofCpu, ofExact] = values;
    console.log(
      [`${kind} ${[m, k, n].join(',')}`.padEnd(16), ...[top!, ...values].map((value) => value.toFixed(1))].join('\t'),
      `\t${((100 * ofExact!) / top!).toFixed(0)} %\t${(ofExact! / ofCpu!).toFixed(1)} ×`,
    );
  }
}

function product(backend: Backend, m: number, k: number, n: number, flags: Flags): () => void {
  const random = (length: number): Float32Array =>
    (allocate('float32', length) as Float32Array).map(() => Math.random() - 0.5);
  const x = backend.upload(random(m * k), { shape: flags.transposeA ? [k, m] : [m, k], dtype: 'float32' });
  const y = backend.upload(random(k * n), { shape: flags.transposeB ? [n, k] : [k, n], dtype: 'float32' });
  const outputs = [{ shape: [m, n], dtype: 'float32' }] as const;
  return () => backend.free(backend.primitives.matmul([x, y], flags, outputs)[0]!);
}
