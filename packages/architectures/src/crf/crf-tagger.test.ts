import type { Backend } from '@unroll/backend';
import { Rng, getBackend, parametersOf, tensor, where } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { lstm } from '../presets.ts';
import { CrfTagger } from './crf-tagger.ts';
import { ruleByNames } from './transition-rules.ts';

const rng = new Rng(1);
const layer = lstm({ inputSize: 2, hiddenSize: 3, bidirectional: true, rng });
const names = ['O', 'B', 'I'];
const rule = { allows: (from: string | null, to: string | null) => to !== 'I' || (from !== null && from !== 'O') };
const tagger = new CrfTagger({ layer, tagCount: 3, allows: ruleByNames(names, rule), rng });
const xs = rng.normal([2, 4, 2]);
const mask = tensor([
  [1, 1, 1, 1],
  [1, 1, 0, 0],
]);
const tags = tensor(Int32Array.of(0, 1, 2, 0, 1, 2, 0, 0), { shape: [2, 4] });

it('is a layer, a linear map and a CRF, one after the other', async () => {
  const [ys] = layer.forward(xs, { mask });
  const emissions = where(mask.expandDims(2), tagger.output.forward(ys), 0);
  expect(tagger.emissions(xs, { mask }).dataSync()).toEqual(emissions.dataSync());
  expect(tagger.loss(xs, tags, { mask }).item()).toBe(tagger.crf.loss(emissions, tags, { mask }).item());
  const paths = await tagger.viterbi(xs, { mask });
  expect(paths).toEqual(await tagger.crf.viterbi(emissions, { mask }));
  expect(paths.map((path) => path.tags.length)).toEqual([4, 2]);
});

it('has the parameters of all three, and never gives what the rules forbid', async () => {
  expect(new Set(parametersOf(tagger)).size).toBe(8 + 2 + 3);
  for (const { tags: found } of await tagger.viterbi(rng.normal([50, 5, 2]))) {
    expect(found.every((tag, i) => rule.allows(i === 0 ? null : names[found[i - 1]!]!, names[tag]!))).toBe(true);
  }
});

it('leaves nothing behind of a search', async () => {
  const backend = getBackend() as Backend & { memory(): { readonly buffers: number } };
  await tagger.viterbi(xs, { mask });
  const before = backend.memory().buffers;
  await tagger.viterbi(xs, { mask });
  expect(backend.memory().buffers).toBe(before);
});
