import { type Finding, show } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** Numbers that are not finite: nothing else can be said then. */
export function checkFinite({ loss, gradients }: Observation): readonly Finding[] {
  const bad = [...gradients].find(([, largest]) => !Number.isFinite(largest))?.[0];
  if (Number.isFinite(loss) && bad === undefined) return [];
  return [
    {
      code: 'NON_FINITE',
      ...(bad !== undefined && { where: bad }),
      explanation: Number.isFinite(loss)
        ? `The loss is ${show(loss)}, but the gradient of ${bad} is not finite.`
        : `The loss is ${loss}.`,
      remedy: 'Look for log 0, 0/0 and √0 in the loss, and for NaN or huge numbers in the data and the weights.',
    },
  ];
}

/** A mean cross-entropy of a model that knows nothing is log(classes). */
export function checkChance({ loss }: Observation, classes: number, isUntrained: boolean): readonly Finding[] {
  const chance = Math.log(classes);
  const seen = `The loss is ${show(loss)}; by chance, among ${classes} classes, it is ${show(chance)}.`;
  if (loss > 1.3 * chance + 0.3) {
    return [
      {
        code: 'LOSS_FAR_FROM_CHANCE',
        explanation: `${seen} The model is worse than one that knows nothing.`,
        remedy:
          'Take the mean over live tokens, not the sum; give logits to crossEntropy, without a softmax before; start the output layer smaller; ' +
          'see that targets and classes belong together.',
      },
    ];
  }
  if (!isUntrained || loss > 0.5 * chance) return [];
  return [
    {
      code: 'LOSS_FAR_FROM_CHANCE',
      explanation: `${seen} A model that has taken no step yet can't know so much.`,
      remedy:
        'See that the target does not stand in the input, that padding does not count, that classes is right, and that the loss is divided by no ' +
        'more than the number of live tokens.',
    },
  ];
}
