import { type Tensor, arange, where } from '@unroll/tensor';

/** What a chain of tags adds to the emissions. */
export type ChainTensors = {
  /** [tags] */
  readonly start: Tensor;
  /** [from, to] */
  readonly transitions: Tensor;
  /** [tags] */
  readonly end: Tensor;
};

/**
 * What each step adds to the score of given tags, [batch, time]: its emission, the transition that leads to it or the start, and behind the last one
 * the end. Emissions are [batch, time, tags], tags int32 [batch, time], live [batch, time] is 1 or 0 in the dtype of the emissions. Where it is 0, so
 * is the result, whatever stands there.
 */
export function tagScores(
  { start, transitions, end }: ChainTensors,
  emissions: Tensor,
  tags: Tensor,
  live: Tensor,
): Tensor {
  const [, time, tagCount] = emissions.shape as [number, number, number];
  const { backend } = emissions;
  const fromBefore = (x: Tensor): Tensor => x.slice(1, 0, time - 1).pad(1, 1, 0);
  const isFollowed = live.slice(1, 1, time - 1).pad(1, 0, 1);
  const follows = live.mul(fromBefore(live));
  const tag = where(live, tags, 0);
  const isOwn = arange(tagCount, { dtype: 'int32', backend }).equal(where(live, tags, -1).expandDims(2));
  const pair = fromBefore(tag).mul(tagCount).add(tag);
  return where(isOwn, emissions, 0)
    .sum(2)
    .add(where(live.sub(follows), start.gather(tag), 0))
    .add(where(follows, transitions.reshape([tagCount * tagCount]).gather(pair), 0))
    .add(where(live.sub(live.mul(isFollowed)), end.gather(tag), 0));
}
