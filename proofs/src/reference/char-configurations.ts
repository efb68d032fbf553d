import type { CellKind } from '../shared/char-lm.ts';

/** How a character model is trained. */
export interface Configuration {
  /** 0: one-hot input. */
  readonly embedding: number;
  readonly hidden: number;
  /** Streams through the text. */
  readonly batch: number;
  /** Steps of truncated backpropagation. */
  readonly time: number;
  readonly steps: number;
}

/** What PyTorch reached with a configuration: validation losses in nats per character by step, of one seed. */
export interface CharReference extends Configuration {
  readonly cell: CellKind;
  readonly losses: Readonly<Record<number, number>>;
  /** How far from it a loss after all steps may be. Two seeds of PyTorch differ by 0.015. */
  readonly band: number;
}

const small = { embedding: 32, hidden: 64, batch: 16, time: 32, steps: 500, band: 0.08 };
const large = { embedding: 0, hidden: 128, batch: 50, time: 50, steps: 1000, band: 0.05 };

/** Made with PyTorch 1.13 in float32: its default initialization, Adam 2e-3, gradient norm clipped at 5. */
export const charReferences: Readonly<Record<string, CharReference>> = {
  'small-lstm': { ...small, cell: 'lstm', losses: { 100: 2.703, 200: 2.421, 500: 2.193 } },
  'small-gru': { ...small, cell: 'gru', losses: { 100: 2.568, 200: 2.323, 500: 2.117 } },
  'small-rnn': { ...small, cell: 'rnn', losses: { 100: 2.566, 200: 2.353, 500: 2.169 } },
  lstm: {
    ...large,
    cell: 'lstm',
    steps: 3000,
    losses: { 100: 2.945, 300: 2.277, 1000: 1.974, 2000: 1.803, 3000: 1.735 },
  },
  gru: { ...large, cell: 'gru', losses: { 100: 2.653, 300: 2.205, 1000: 1.871 } },
  rnn: { ...large, cell: 'rnn', losses: { 100: 2.835, 300: 2.243, 1000: 1.983 } },
  embedding: { ...large, cell: 'lstm', embedding: 64, losses: { 100: 2.316, 300: 2.012, 1000: 1.784 } },
};
