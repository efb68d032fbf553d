// What the page computes: plain data, so that it crosses from Node into the page.
import { type CharModelSizes, TRAINING } from '../contestants/workloads.ts';

/** A product of two matrices of n × n, the loss of a character LSTM, or a training step of it. */
export type GpuWork =
  | { readonly kind: 'matmul'; readonly n: number }
  | { readonly kind: 'forward' | 'train'; readonly sizes: CharModelSizes };

export interface GpuWorkload {
  /** As in `--only`. */
  readonly name: string;
  readonly title: string;
  readonly work: GpuWork;
  /** Only who decides from which size on the GPU pays. */
  readonly ownOnly?: boolean;
}

/** W2 of the other page takes a minute a step on a GPU in software; this is a twentieth of it. */
const SMALL_W2: CharModelSizes = { ...TRAINING.W2, batch: 16, time: 10 };

/** All workloads; `full`: W2 as large as on the other page. */
export function gpuWorkloads(full: boolean): readonly GpuWorkload[] {
  const w2 = full ? TRAINING.W2 : SMALL_W2;
  return [
    ...[256, 512, 1024].map((n) => matmul(n, false)),
    ...lstm('W1', TRAINING.W1),
    ...lstm('W2', w2),
    ...[64, 128].map((n) => matmul(n, true)),
    ...[32, 256, 512].map((hidden) => sized(hidden)),
  ];
}

function matmul(n: number, ownOnly: boolean): GpuWorkload {
  return { name: `matmul-${n}`, title: `Product of two matrices ${n} × ${n}`, work: { kind: 'matmul', n }, ownOnly };
}

function lstm(name: string, sizes: CharModelSizes): readonly GpuWorkload[] {
  return [
    { name: `${name}-forward`, title: `${name}: loss of ${described(sizes)}`, work: { kind: 'forward', sizes } },
    {
      name: `${name}-train`,
      title: `${name}: training step of ${described(sizes)}, Adam`,
      work: { kind: 'train', sizes },
    },
  ];
}

/** A model of W1's kind, to see from which size on the GPU pays. */
function sized(hidden: number): GpuWorkload {
  const sizes = { ...TRAINING.W1, hidden, time: 10 };
  const title = `Training step of ${described(sizes)}, Adam`;
  return { name: `lstm-${hidden}`, title, work: { kind: 'train', sizes }, ownOnly: true };
}

function described({ layers, hidden, symbols, batch, time }: CharModelSizes): string {
  const cells = layers === 1 ? `LSTM ${hidden}` : `${layers} × LSTM ${hidden}`;
  return `${cells}, ${symbols} symbols, batch ${batch}, ${time} steps`;
}
