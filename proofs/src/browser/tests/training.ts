import { languageModelStreams } from '@unroll/data';
import { decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, parametersOf, scope, setBackend } from '@unroll/tensor';
import { fit, streamSource } from '@unroll/training';
import { CharLm } from '../../shared/char-lm.ts';
import { TOY_SYMBOLS, toyText } from '../../shared/toy-text.ts';

const STEPS = 30;

/** What came of training a character model. */
export interface Trained {
  readonly losses: readonly number[];
  readonly model: CharLm;
}

/** A character model, new: the same on every backend. */
export function newModel(seed: number): CharLm {
  return new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 16, hidden: 64, rng: new Rng(seed) });
}

/** Trains a character model with Adam and clipping, on what becomes the active backend. */
export async function train(backend: Backend): Promise<Trained> {
  setBackend(backend);
  const model = newModel(1);
  const losses: number[] = [];
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
    source: streamSource(languageModelStreams(toyText(4000), { batch: 16, time: 24 })),
    loss: model.loss,
    steps: STEPS,
    clipNorm: 1,
    rng: new Rng(2),
  });
  for await (const event of run) if (event.type === 'step') losses.push(event.loss);
  return { losses, model };
}

export async function save(model: CharLm): Promise<Uint8Array> {
  return encodeModel({ model, config: { hidden: 64 } });
}

/** The model in a file, on the active backend. */
export function load(file: Uint8Array): CharLm {
  const model = newModel(7);
  loadStateDict(model, decodeModel(file).state);
  return model;
}

/** The logits that a model gives for a text. */
export function logitsOf(model: CharLm): Float64Array {
  return scope(() => {
    const { inputs } = languageModelStreams(toyText(200), { batch: 2, time: 40 }).chunkAt(0);
    return Float64Array.from(model.forward(inputs)[0].dataSync());
  });
}
