import { type TypedArray, UnrollError, formatShape, sameShape } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { TransitionTable } from './transition-rules.ts';

/** @throws UnrollError SHAPE_MISMATCH unless emissions are [batch, time, tags] and the mask is [batch, time] */
export function checkEmissions(emissions: Tensor, mask: Tensor | undefined, tagCount: number): void {
  if (emissions.rank !== 3 || emissions.shape[2] !== tagCount || emissions.shape[1] === 0) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `Crf: the emissions are ${formatShape(emissions.shape)}; they must be [batch, time, ${tagCount}], of 1 step or more.`,
    );
  }
  const positions = emissions.shape.slice(0, 2);
  if (mask && !sameShape(mask.shape, positions)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `Crf: the mask is ${formatShape(mask.shape)}; for emissions ${formatShape(emissions.shape)} it must be ${formatShape(positions)}.`,
    );
  }
  if (mask?.backend.downloadSync) checkMask(mask.dataSync(), emissions.shape[1]!);
}

/** @throws UnrollError INVALID_ARGUMENT for a hole: the tags around it are no neighbours */
function checkMask(mask: TypedArray, time: number): void {
  for (let i = 0; i < mask.length; i++) {
    const isRestart = mask[i] !== 0 && i % time > 0 && mask[i - 1] === 0;
    if (!isRestart || mask.subarray(i - (i % time), i).every((live: number) => live === 0)) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Crf: the mask of sequence ${Math.floor(i / time)} has a hole before position ${i % time}. Mask only what comes before or after a sequence.`,
    );
  }
}

/**
 * @throws UnrollError DTYPE_MISMATCH, SHAPE_MISMATCH; where the backend reads synchronously, INDEX_OUT_OF_RANGE for a live tag that there is not,
 * INVALID_ARGUMENT for one that the rules forbid
 */
export function checkTags(
  tags: Tensor,
  emissions: Tensor,
  mask: Tensor | undefined,
  rules: TransitionTable | undefined,
): void {
  if (tags.dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `Crf: tags are of dtype int32, got ${tags.dtype}. Make them with { dtype: 'int32' }.`,
    );
  }
  const [batch, time, tagCount] = emissions.shape as [number, number, number];
  if (!sameShape(tags.shape, [batch, time])) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `Crf: the tags are ${formatShape(tags.shape)}; for emissions ${formatShape(emissions.shape)} they must be [${batch}, ${time}].`,
    );
  }
  if (!tags.backend.downloadSync) return;
  const values = tags.dataSync();
  const live = mask?.dataSync();
  for (let i = 0; i < values.length; i++) {
    if (live?.[i] === 0) continue;
    const at = `at position ${i % time} of sequence ${Math.floor(i / time)}`;
    const tag = values[i]!;
    if (!(tag >= 0 && tag < tagCount)) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `Crf: tag ${tag} ${at} is not in 0 to ${tagCount - 1}. Mask the padding.`,
      );
    }
    const from = i % time === 0 || live?.[i - 1] === 0 ? null : values[i - 1]!;
    const isLast = i % time === time - 1 || live?.[i + 1] === 0;
    if (!rules || (rules.allows(from, tag) && (!isLast || rules.allows(tag, null)))) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `Crf: the rules do not allow tag ${tag} ${at}, after ${from ?? 'the beginning'}${isLast ? ' and before the end' : ''}. Were the tags written in another scheme?`,
    );
  }
}
