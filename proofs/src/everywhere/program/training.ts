import { languageModelStreams } from '@unroll/data';
import { encodeModel } from '@unroll/io';
import { AdamW, cosineDecay, warmup } from '@unroll/optim';
import { type Backend, type DType, Rng, castParameters, parametersOf, setBackend } from '@unroll/tensor';
import { type Checkpoint, type CheckpointStore, fit, streamSource } from '@unroll/training';
import { CharLm } from '../../shared/char-lm.ts';
import { TOY_SYMBOLS, toyText } from '../../shared/toy-text.ts';
import { digest } from './digest.ts';
import type { Trained } from './findings.ts';

const STEPS = 60;

export interface CharacterRun {
  readonly dtype?: DType;
  readonly steps?: number;
  readonly store?: CheckpointStore;
  readonly resume?: Checkpoint | undefined;
}

/** Trains a character model, with all that may round differently from engine to engine: moments, a schedule, clipping. */
export async function trainCharacters({
  dtype = 'float32',
  steps = STEPS,
  store,
  resume,
}: CharacterRun): Promise<{ readonly losses: readonly number[]; readonly file: Uint8Array }> {
  const model = new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 16, hidden: 64, rng: new Rng(1) });
  castParameters(model, dtype);
  const losses: number[] = [];
  const run = fit({
    model,
    optimizer: new AdamW({ parameters: parametersOf(model), learningRate: 0.01 }),
    schedule: warmup(7, cosineDecay({ initial: 0.01, final: 0.001, steps: STEPS })),
    source: streamSource(languageModelStreams(toyText(4000), { batch: 16, time: 24 })),
    loss: model.loss,
    steps,
    clipNorm: 1,
    rng: new Rng(2),
    ...(store && { checkpoints: { store, every: 10 } }),
    ...(resume && { resume }),
  });
  for await (const event of run) if (event.type === 'step') losses.push(event.loss);
  return { losses, file: await encodeModel({ model, config: { hidden: 64 } }) };
}

/** The same on a backend, with what it took. */
export async function trainOn(backend: Backend & { readonly description?: string }, dtype: DType): Promise<Trained> {
  setBackend(backend);
  const start = performance.now();
  const { losses, file } = await trainCharacters({ dtype });
  const milliseconds = (performance.now() - start) / STEPS;
  return { description: backend.description ?? backend.name, losses, file: await digest(file), milliseconds };
}
