import { sameShape } from '@unroll/backend';
import { type Tensor, type TensorTree, type TypedArray, tensor } from '@unroll/tensor';
import { keyOf, tensorsIn, withTensor } from '../batch-tensors.ts';
import { type Finding, show } from '../finding.ts';
import { type Patient, sameLoss } from '../patient.ts';

/**
 * Whether the loss depends on what stands in the padding: other tokens, or other numbers, are put there, and nothing may change.
 */
export async function checkPadding<Batch, Carry extends TensorTree>(
  patient: Patient<Batch, Carry>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const tensors = tensorsIn(patient.batch);
  for (const [path, leaf] of tensors) {
    if (isMask(path, leaf) || leaf === patient.mask) continue;
    const live = await liveOf(patient, leaf, tensors.get(`${path}Mask`) ?? patient.mask);
    const other = live?.includes(0) ? withOtherPadding(await leaf.data(), live) : undefined;
    if (!other) continue;
    const before = await patient.lossOf(patient.batch);
    const changed = tensor(other, { shape: leaf.shape, backend: leaf.backend });
    const after = await patient.lossOf(withTensor(patient.batch, path, changed));
    changed.dispose();
    if (sameLoss(before, after)) continue;
    findings.push({
      code: 'PADDING_TRAINED_ON',
      where: path,
      explanation: `With something else in the padding of ${path}, the loss is ${show(after)} instead of ${show(before)}: the model learns what the padding is.`,
      remedy:
        'Give the mask to the recurrent layer (scan(cell, xs, { mask })), where a direction reads from the right or a last state is used, and to the loss ' +
        '(crossEntropy(logits, targets, { mask })).',
    });
  }
  return findings;
}

function isMask(path: string, { rank }: Tensor): boolean {
  return rank === 2 && /mask$/i.test(keyOf(path));
}

/** Where a tensor is live: by its mask, else by the padding token at the ends of its rows; undefined where it is not known. */
async function liveOf<Batch, Carry extends TensorTree>(
  { options, batch }: Patient<Batch, Carry>,
  leaf: Tensor,
  mask: Tensor | undefined,
): Promise<(ArrayLike<number> & { includes(x: number): boolean }) | undefined> {
  if (mask) return sameShape(mask.shape, leaf.shape.slice(0, 2)) ? mask.data() : undefined;
  const padding = options.vocabulary?.padding;
  const tokens = padding === undefined ? undefined : firstTokens(batch);
  if (!tokens || !sameShape(tokens.shape, leaf.shape.slice(0, 2))) return undefined;
  const data = await tokens.data();
  const [rows, time] = tokens.shape as [number, number];
  const live = new Float32Array(rows * time).fill(1);
  for (let row = 0; row < rows; row++) {
    for (let t = time - 1; t >= 0 && data[row * time + t] === padding; t--) live[row * time + t] = 0;
    for (let t = 0; t < time && data[row * time + t] === padding; t++) live[row * time + t] = 0;
  }
  return live;
}

function firstTokens(batch: unknown): Tensor | undefined {
  return [...tensorsIn(batch).values()].find(({ dtype, rank }) => dtype === 'int32' && rank === 2);
}

/** A copy with other values where nothing is live, or undefined where there is nothing to change. */
function withOtherPadding(data: TypedArray, live: ArrayLike<number>): TypedArray | undefined {
  const size = data.length / live.length;
  const isLive = (i: number): boolean => live[Math.floor(i / size)] !== 0;
  const copy = data.slice();
  // Padding is one number throughout. Where it is not, the mask is that of another sequence, of equal length by chance.
  const padding = data.find((_, i) => !isLive(i));
  if (data.some((value, i) => !isLive(i) && value !== padding)) return undefined;
  if (!(data instanceof Int32Array)) {
    for (let i = 0; i < copy.length; i++) if (!isLive(i)) copy[i]! += 1;
    return copy;
  }
  let changed = false;
  for (let i = 0; i < copy.length; i++) {
    // A negative class says itself that it does not count.
    if (isLive(i) || copy[i]! < 0) continue;
    const other = data.find((value, j) => isLive(j) && value >= 0 && value !== data[i]);
    if (other === undefined) continue;
    copy[i] = other;
    changed = true;
  }
  return changed ? copy : undefined;
}
