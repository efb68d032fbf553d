import { valueAndGrad } from '@unroll/autograd';
import { type Optimizer, clipByGlobalNormOnDevice } from '@unroll/optim';
import { type Tensor, type TensorTree, concat, keep, scope } from '@unroll/tensor';
import { type Finding, show } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** One step, tried on the batch that it was computed from, and taken back. */
export async function checkLearningRate<Batch, Carry extends TensorTree>(
  patient: Patient<Batch, Carry>,
  optimizer: Optimizer,
): Promise<readonly Finding[]> {
  const learningRate = patient.options.learningRate ?? optimizer.learningRate;
  const before = await patient.lossOf(patient.batch);
  const state = await optimizer.state();
  const old = optimizer.parameters.map(({ value }) => keep(value.detach()));
  let after: number;
  let change: number;
  try {
    takeStep(patient, optimizer, learningRate);
    after = await patient.lossOf(patient.batch);
    change = await relativeChange(optimizer, old);
  } finally {
    for (const [i, parameter] of optimizer.parameters.entries()) {
      parameter.value = old[i]!.detach();
      old[i]!.dispose();
    }
    optimizer.restore(state);
  }
  const seen =
    `A step at the rate ${show(learningRate)} changes the weights by ${show(change)} of their size, ` +
    `and the loss of the very batch from ${show(before)} to ${show(after)}.`;
  if (!Number.isFinite(after) || after > 1.2 * before + 0.01) {
    return [
      {
        code: 'LEARNING_RATE_TOO_HIGH',
        explanation: `${seen} It jumps over what it looks for.`,
        remedy:
          'Take a rate a tenth as large, clipNorm, or a warm-up; findLearningRate of @unroll/training shows the range.',
      },
    ];
  }
  if (change >= 1e-5 || Math.abs(after - before) > 1e-5 * Math.abs(before)) return [];
  return [
    {
      code: 'LEARNING_RATE_TOO_LOW',
      explanation: `${seen} About a thousandth is usual; at this rate nothing is learned in any time.`,
      remedy:
        'Take a larger rate; findLearningRate of @unroll/training shows the range. In a warm-up, give the highest rate as learningRate.',
    },
  ];
}

function takeStep<Batch, Carry extends TensorTree>(
  patient: Patient<Batch, Carry>,
  optimizer: Optimizer,
  learningRate: number,
): void {
  const { clipNorm } = patient.options;
  scope(() => {
    const { grads } = valueAndGrad(() => patient.run(patient.batch).loss, optimizer.parameters);
    const clipped = clipNorm === undefined ? grads : clipByGlobalNormOnDevice(grads, clipNorm).grads;
    optimizer.step(clipped, { learningRate });
  });
}

/** ‖Δw‖/‖w‖ over all parameters. */
async function relativeChange({ parameters }: Optimizer, old: readonly Tensor[]): Promise<number> {
  const norms = scope(() => {
    const squares = (tensors: readonly Tensor[]): Tensor =>
      concat(
        tensors.map((x) => x.square().sum().reshape([1])),
        0,
      ).sum();
    const differences = parameters.map(({ value }, i) => value.sub(old[i]!));
    return concat([squares(differences).reshape([1]), squares(old).reshape([1])], 0);
  });
  const [difference, size] = await norms.data();
  norms.dispose();
  return Math.sqrt(difference! / size!);
}
