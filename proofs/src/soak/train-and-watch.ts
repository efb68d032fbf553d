import { languageModelStreams } from '@unroll/data';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, parametersOf, setBackend } from '@unroll/tensor';
import { fit, memoryStore, streamSource } from '@unroll/training';
import { CharLm } from '../shared/char-lm.ts';
import { TOY_SYMBOLS, toyText } from '../shared/toy-text.ts';
import { collectGarbage } from './garbage.ts';

/** A backend that tells what it holds. */
export interface WatchedBackend extends Backend {
  memory(): { readonly liveBytes: number; readonly pooledBytes: number; readonly buffers: number };
}

/** Bytes, except `buffers`. */
export interface Sample {
  readonly step: number;
  readonly heap: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly live: number;
  /** Live, and freed memory that later ops take again. */
  readonly held: number;
  readonly buffers: number;
}

const SAMPLES = 100;

/** Trains on a backend, which becomes the active one, and asks a hundred times what is held. */
export async function trainAndWatch(backend: WatchedBackend, steps: number): Promise<readonly Sample[]> {
  setBackend(backend);
  const rng = new Rng(1);
  const model = new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 8, hidden: 24, rng });
  const text = toyText(6000);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 2e-3 }),
    source: streamSource(languageModelStreams(text.subarray(0, 5000), { batch: 8, time: 16 })),
    loss: model.loss,
    steps,
    // So low that every step is clipped, by a factor of its own.
    clipNorm: 0.1,
    validation: { every: 100, run: () => model.evaluate(text.subarray(5000), 4, 16) },
    sample: { every: 500, run: () => `${model.evaluate(text.subarray(0, 200), 1, 10)}` },
    checkpoints: { every: 250, store: memoryStore() },
    rng,
  });
  const samples: Sample[] = [];
  for await (const event of run) {
    if (event.type !== 'step' || event.step % Math.ceil(steps / SAMPLES) !== 0) continue;
    collectGarbage();
    const { heapUsed: heap, external, arrayBuffers } = process.memoryUsage();
    const { liveBytes: live, pooledBytes, buffers } = backend.memory();
    const sample = { step: event.step, heap, external, arrayBuffers, live, held: live + pooledBytes, buffers };
    samples.push(sample);
    if (samples.length % 10 === 0) {
      console.log(
        `step ${event.step}: heap ${(heap / 2 ** 20).toFixed(2)} MiB, backend ${(live / 2 ** 10).toFixed(1)} KiB`,
      );
    }
  }
  return samples;
}
