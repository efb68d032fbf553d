import type { TensorTree } from '@unroll/tensor';
import { type Finding, show } from '../finding.ts';
import { type Patient, sameLoss } from '../patient.ts';

/** The same batch must give the same loss, whatever ran before. */
export async function checkReproducible<Batch, Carry extends TensorTree>(
  patient: Patient<Batch, Carry>,
  other: Batch | undefined,
): Promise<readonly Finding[]> {
  const before = await patient.lossOf(patient.batch);
  if (other !== undefined) await patient.lossOf(other);
  const after = await patient.lossOf(patient.batch);
  if (sameLoss(before, after) || Number.isNaN(before)) return [];
  return [
    {
      code: 'LOSS_NOT_REPRODUCIBLE',
      explanation:
        `The same batch with the same rng gave a loss of ${show(before)}, and ${show(after)} after another run: something is remembered from ` +
        'run to run, or drawn from elsewhere. A state that is kept in a field leaks from batch to batch.',
      remedy: 'Return the state as `carry` and take it from the context; draw from the rng of the context.',
    },
  ];
}
