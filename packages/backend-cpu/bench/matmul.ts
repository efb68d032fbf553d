// How fast matrix products run beside the loop that one would write first. Rounds are interleaved, so that a busy machine
// slows both columns alike. Usage: node --conditions=@unroll/source bench/matmul.ts [rounds]
import { type PrimitiveAttrs, allocate } from '@unroll/backend';
import { cpu } from '../src/index.ts';

type Flags = PrimitiveAttrs['matmul'];

const rounds = Number(process.argv[2] ?? 7);
const shapes = [
  [32, 128, 512],
  [32, 256, 1024],
  [64, 512, 2048],
  [1600, 128, 512],
  [1600, 512, 2048],
  [1, 512, 2048],
  [512, 2048, 1],
  [2, 512, 2048],
  [512, 2048, 2],
  [3, 512, 512],
  [512, 512, 3],
  [512, 1, 512],
  [512, 2, 512],
  [512, 4, 512],
  [8, 8, 8],
  [3, 3, 3],
  [32, 10, 32],
] as const;
const kinds: Record<string, Flags> = {
  nn: { transposeA: false, transposeB: false },
  nt: { transposeA: false, transposeB: true },
  tn: { transposeA: true, transposeB: false },
};

const backend = cpu();

function naive(
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  m: number,
  k: number,
  n: number,
  flags: Flags,
): void {
  const [ai, ap] = flags.transposeA ? [1, m] : [k, 1];
  if (flags.transposeB) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[i * ai + p * ap]! * b[j * k + p]!;
        out[i * n + j] = sum;
      }
    }
    return;
  }
  out.fill(0);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const value = a[i * ai + p * ap]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += value * b[p * n + j]!;
    }
  }
}

/** Billions of multiplications and additions per second of processor time, the better half of all rounds. */
function rate(work: () => void, flops: number, times: number): number {
  const start = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(start);
  return (flops * times) / (user + system) / 1000;
}

const median = (values: readonly number[]): number => values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!;

for (const [m, k, n] of shapes) {
  for (const [kind, flags] of Object.entries(kinds)) {
    const a = (allocate('float32', m * k) as Float32Array).map(() => Math.random() - 0.5);
    const b = (allocate('float32', k * n) as Float32Array).map(() => Math.random() - 0.5);
    const out = new Float32Array(m * n);
    const x = backend.upload(a, { shape: flags.transposeA ? [k, m] : [m, k], dtype: 'float32' });
    const y = backend.upload(b, { shape: flags.transposeB ? [n, k] : [k, n], dtype: 'float32' });
    const signature = [{ shape: [m, n], dtype: 'float32' }] as const;
    const own = (): void => backend.free(backend.primitives.matmul([x, y], flags, signature)[0]!);
    const first = (): void => naive(a, b, out, m, k, n, flags);
    const flops = 2 * m * k * n;
    const times = Math.max(1, Math.round(4e7 / flops));
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const [fast, slow] = [rate(own, flops, times), rate(first, flops, times)];
      if (round === 0) continue; // compiled by now
      rates[0].push(fast);
      rates[1].push(slow);
    }
    const [fast, slow] = [median(rates[0]), median(rates[1])];
    console.log(
      `${kind} ${[m, k, n].join(',')}`.padEnd(18),
      fast.toFixed(2),
      slow.toFixed(2),
      `${(fast / slow).toFixed(1)}×`,
    );
  }
}
