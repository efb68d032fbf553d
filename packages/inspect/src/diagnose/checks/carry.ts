import type { Tensor } from '@unroll/tensor';
import type { NextBatch } from '@unroll/training';
import { tensorsIn } from '../batch-tensors.ts';
import type { Finding } from '../finding.ts';

/** So many bits must agree, that it is no accident. */
const BITS = 10;

/**
 * Whether a state is carried where the text goes on, and only there. It can be told where a batch has tokens and the tokens after them.
 */
export async function checkCarry<Batch>(
  first: NextBatch<Batch>,
  second: NextBatch<Batch>,
  carries: boolean,
): Promise<readonly Finding[]> {
  const goesOn = await continues(first.batch, second.batch);
  if (!goesOn) return [];
  if (carries && !second.reset && !goesOn.matches) {
    return [
      {
        code: 'STATE_INTO_SHUFFLED_DATA',
        explanation:
          'The source says that a batch continues the one before (reset is false), so that the state is carried into it; but its first tokens are not ' +
          'those that were to follow. The state belongs to other sequences.',
        remedy: 'Say `reset: true` for batches that are drawn or shuffled, or keep the text in order: streamSource.',
      },
    ];
  }
  if (!goesOn.matches || goesOn.bits < BITS || second.reset || carries) return [];
  return [
    {
      code: 'STATE_NOT_CARRIED',
      explanation:
        'Each batch goes on where the one before stopped, but the loss returns no state to carry: each starts from zeros, in the middle of the text.',
      remedy: 'Return the final state as `carry`, and begin with the `carry` of the context.',
    },
  ];
}

async function continues(first: unknown, second: unknown): Promise<{ matches: boolean; bits: number } | undefined> {
  const [befores, afters] = [tensorsIn(first), tensorsIn(second)];
  for (const [path, inputs] of befores) {
    const next = afters.get(path);
    if (!isTokens(inputs) || !next || !isTokens(next) || next.shape[0] !== inputs.shape[0]) continue;
    for (const [other, targets] of befores) {
      if (other === path || !isTokens(targets) || !(await follow(inputs, targets))) continue;
      const [x, y] = [await next.data(), await targets.data()];
      const [batch, time] = targets.shape as [number, number];
      const rows = Array.from({ length: batch }, (_, row) => row);
      const matches = rows.every((row) => x[row * next.shape[1]!] === y[row * time + time - 1]);
      return { matches, bits: batch * Math.log2(new Set(y).size) };
    }
  }
  return undefined;
}

function isTokens({ dtype, shape }: Tensor): boolean {
  return dtype === 'int32' && shape.length === 2 && shape[1]! > 1;
}

/** Whether `targets` are the tokens after `inputs`. */
async function follow(inputs: Tensor, targets: Tensor): Promise<boolean> {
  if (targets.shape.join() !== inputs.shape.join()) return false;
  const [x, y] = [await inputs.data(), await targets.data()];
  const time = inputs.shape[1]!;
  return x.every((token, i) => i % time === 0 || token === y[i - 1]);
}
