import type { TensorTree } from '@unroll/tensor';
import { BetweenSteps } from './between-steps.ts';
import { EventLoop } from './event-loop.ts';
import { DivergenceError } from './divergence-error.ts';
import type { AlarmEvent, FitEvent, FitSummary } from './events.ts';
import { type FitOptions, checkFitOptions } from './fit-options.ts';
import { Trainer } from './trainer.ts';

const DEFAULT_YIELD_MILLISECONDS = 50;

/**
 * Trains a model, step by step, and tells what happens as it happens:
 *
 *     for await (const event of fit({ model, optimizer, source, loss, steps: 1000, rng })) {
 *       if (event.type === 'step') console.log(event.step, event.loss);
 *     }
 *
 * Without an optimizer it is Adam over all parameters of the model.
 *
 * Nothing happens between events: a caller that stops asking pauses the run, and one that breaks out of the loop ends it, with the
 * model as the last step left it. Memory is the library's business: batches, gradients and carried states are freed here.
 *
 * A run resumed from a checkpoint is equal, to the bit, to one that was never stopped: weights, optimizer, carried state, position
 * in the data, random numbers, schedule and early stopping all go on. `validation.run` and `sample.run` must not draw from what the
 * loss or the source draw from.
 * @throws UnrollError INVALID_ARGUMENT at once for an option that can't be; while it runs STATE_MISMATCH if `resume` belongs to
 * another model, optimizer or source, and NON_FINITE if loss, gradient or validation is not finite, DIVERGED if the `guard` stops the
 * run. The model is then as the last good step left it, and checkpoints saved before stay.
 */
export function fit<Batch, Carry extends TensorTree>(
  options: FitOptions<Batch, Carry>,
): AsyncGenerator<FitEvent, FitSummary, undefined> {
  checkFitOptions(options);
  return run(options);
}

async function* run<Batch, Carry extends TensorTree>(
  options: FitOptions<Batch, Carry>,
): AsyncGenerator<FitEvent, FitSummary, undefined> {
  const start = performance.now();
  const eventLoop = new EventLoop(options.yieldEvery ?? DEFAULT_YIELD_MILLISECONDS);
  const trainer = new Trainer(options);
  try {
    if (options.resume) trainer.restore(options.resume);
    const between = new BetweenSteps(options, trainer);
    for (;;) {
      yield* between.validate();
      yield* between.sample();
      const reason = between.reasonToEnd();
      yield* between.saveLast(reason !== undefined);
      if (reason !== undefined) {
        const { step, validation } = trainer;
        const seconds = (performance.now() - start) / 1000;
        const best = validation && { step: validation.bestStep, loss: validation.bestLoss };
        const summary: FitSummary = { step, reason, seconds, ...(best && { best }) };
        yield { type: 'done', ...summary };
        return summary;
      }
      const step = await trainer.takeStep().catch((error: unknown) => {
        if (error instanceof DivergenceError) return error;
        throw error;
      });
      if (step instanceof DivergenceError) {
        yield alarmOf(step);
        throw step;
      }
      yield step;
      await eventLoop.giveWay();
    }
  } finally {
    trainer.dispose();
  }
}

function alarmOf({ step, code, parameter, message }: DivergenceError): AlarmEvent {
  return { type: 'alarm', step, code, message, ...(parameter !== undefined && { parameter }) };
}
