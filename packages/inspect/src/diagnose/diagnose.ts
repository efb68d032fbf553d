import { UnrollError, checkGiven } from '@unroll/backend';
import type { TensorTree } from '@unroll/tensor';
import type { NextBatch } from '@unroll/training';
import { checkCarry } from './checks/carry.ts';
import { checkGates } from './checks/gates.ts';
import { checkLearningRate } from './checks/learning-rate.ts';
import { checkChance, checkFinite } from './checks/loss.ts';
import { checkPadding } from './checks/padding.ts';
import { checkParameters } from './checks/parameters.ts';
import { checkReproducible } from './checks/reproducible.ts';
import { checkThroughTime } from './checks/through-time.ts';
import { checkVocabulary, outOfRange } from './checks/vocabulary.ts';
import type { Finding } from './finding.ts';
import { type Observation, observe } from './observation.ts';
import type { DiagnoseOptions } from './options.ts';
import { Patient } from './patient.ts';

/**
 * The training doctor: tries a model on a batch or two, and tells what would keep it from learning. Each finding has a code, what was
 * seen, and a remedy; there are none for a model and data in good health.
 *
 * It looks for: numbers that are not finite; a loss far from log(classes); a loss that depends on what ran before; padding that is
 * trained on; a state carried into other sequences, or not carried; tokens and sizes that do not fit the vocabulary; gates that are dead
 * or saturated; gradients that vanish or explode through time; parameters that are not used, have no gradient or no optimizer;
 * a learning rate that is far off.
 *
 * Model, optimizer, source and rng are afterwards as they were.
 * @throws UnrollError as the loss does, but for INDEX_OUT_OF_RANGE, which is a finding
 */
export async function diagnose<Batch, Carry extends TensorTree>(
  options: DiagnoseOptions<Batch, Carry>,
): Promise<readonly Finding[]> {
  const { model, loss, data, optimizer, classes, reach } = options;
  checkGiven('diagnose', { model, loss, data });
  const batches = batchesOf(options);
  const [first, second] = batches;
  const patient = new Patient(options, first.batch);
  const vocabulary = await checkVocabulary(patient);
  let observation: Observation;
  try {
    observation = await observe(patient);
  } catch (error) {
    if (error instanceof UnrollError && error.code === 'INDEX_OUT_OF_RANGE') {
      return [...vocabulary, outOfRange(error.message)];
    }
    throw error;
  }
  const nonFinite = checkFinite(observation);
  if (nonFinite.length > 0) return [...vocabulary, ...nonFinite];
  const isUntrained = optimizer?.stepsTaken === 0;
  return [
    ...vocabulary,
    ...(classes === undefined ? [] : checkChance(observation, classes, isUntrained)),
    ...(await checkReproducible(patient, second?.batch)),
    ...(await checkPadding(patient)),
    ...(second ? await checkCarry(first, second, observation.carries) : []),
    ...checkGates(observation),
    ...checkThroughTime(observation, reach),
    ...checkParameters(model, observation, optimizer),
    ...(optimizer ? await checkLearningRate(patient, optimizer) : []),
  ];
}

/** One batch, or two that follow each other. */
function batchesOf<Batch, Carry extends TensorTree>({
  data,
}: DiagnoseOptions<Batch, Carry>): readonly [NextBatch<Batch>, NextBatch<Batch>?] {
  if ('batch' in data) return [{ batch: data.batch, reset: true }];
  const { source } = data;
  checkGiven('diagnose, data', { 'source or batch': source });
  const position = source.state();
  const batches = [source.next(), source.next()] as const;
  source.restore(position);
  return batches;
}
