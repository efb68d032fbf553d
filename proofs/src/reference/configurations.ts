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

/** What PyTorch reached with a configuration: validation losses in nats per character by cell and step, of one seed. */
export interface Reference {
  readonly losses: Readonly<Record<CellKind, Readonly<Record<number, number>>>>;
  /** How far from it a loss after all steps may be. Two seeds of PyTorch differ by 0.015. */
  readonly band: number;
}

/** Made with PyTorch 1.13 in float32: its default initialization, Adam 2e-3, gradient norm clipped at 5. */
export const configurations: Readonly<Record<string, Configuration & Reference>> = {
  small: {
    embedding: 32,
    hidden: 64,
    batch: 16,
    time: 32,
    steps: 500,
    losses: {
      lstm: { 100: 2.703, 200: 2.421, 500: 2.193 },
      gru: { 100: 2.568, 200: 2.323, 500: 2.117 },
      rnn: { 100: 2.566, 200: 2.353, 500: 2.169 },
    },
    band: 0.08,
  },
  large: {
    embedding: 0,
    hidden: 128,
    batch: 50,
    time: 50,
    steps: 1000,
    losses: {
      lstm: { 100: 2.945, 300: 2.277, 1000: 1.974 },
      gru: { 100: 2.653, 300: 2.205, 1000: 1.871 },
      rnn: { 100: 2.835, 300: 2.243, 1000: 1.983 },
    },
    band: 0.05,
  },
};
