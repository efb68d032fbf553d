// What attention costs in a decoder on backend-wasm: CPU time of a training step, step by step and compiled, beside the same cell without a
// source. Rounds are interleaved, so that a busy machine slows all columns alike. Usage: node --conditions=@unroll/source bench/attention.ts [rounds]
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, type RecurrentCell, type State, scan } from '@unroll/cells';
import { Rng, type Tensor, parametersOf, setBackend, withProbes } from '@unroll/tensor';
import {
  AdditiveScore,
  AttentionDecoder,
  type AttentionScore,
  CoverageScore,
  DotScore,
  GeneralScore,
  LocationSensitiveScore,
  ScaledDotScore,
} from '../src/index.ts';

setBackend(await wasm());
const rounds = Number(process.argv[2] ?? 5);
const { batch, source, time, features, hidden, attention } = {
  batch: 64,
  source: 15,
  time: 15,
  features: 128,
  hidden: 256,
  attention: 128,
  ...JSON.parse(process.env['ONLY'] ?? '{}'),
};
const rng = new Rng(1);
const sizes = { querySize: hidden, keySize: hidden, attentionSize: attention, rng };
const scores: Readonly<Record<string, AttentionScore>> = {
  dot: new DotScore(),
  'scaled dot': new ScaledDotScore(),
  general: new GeneralScore(sizes),
  additive: new AdditiveScore(sizes),
  coverage: new CoverageScore(sizes),
  'location-sensitive': new LocationSensitiveScore({ ...sizes, kernelSize: 15, channels: 8 }),
};
const xs = rng.normal([batch, time, features]);
const bareXs = rng.normal([batch, time, features + hidden]);
const ys = rng.normal([batch, source, hidden]);
const inside = (): GruCell => new GruCell({ inputSize: features + hidden, hiddenSize: hidden, rng });

const bare: RecurrentCell<Tensor> = inside();
const jobs: Record<string, () => void> = {};
const add = (name: string, model: object, read: () => readonly [Tensor, State]): void => {
  const parameters = parametersOf(model);
  const train = (): void => {
    const { value, grads } = valueAndGrad(() => read()[0].square().mean(), parameters);
    for (const tensor of [value, ...grads]) tensor.dispose();
  };
  jobs[name] = train;
  // Whoever is watched by probes goes step by step.
  jobs[`${name}, step by step`] = () => withProbes(() => {}, train);
};
add('no attention', bare, () => scan(bare, bareXs));
for (const [name, score] of Object.entries(scores)) {
  const decoder = new AttentionDecoder({ cell: inside(), score, valueSize: hidden });
  add(name, decoder, () => scan(decoder.over(decoder.remember({ ys })), xs));
}

const times = new Map<string, number[]>(Object.keys(jobs).map((name) => [name, []]));
for (let round = -1; round < rounds; round++) {
  for (const [name, job] of Object.entries(jobs)) {
    const start = process.cpuUsage().user / 1000;
    job();
    if (round >= 0) times.get(name)!.push(process.cpuUsage().user / 1000 - start);
  }
}
const median = (name: string): number => times.get(name)!.toSorted((a, b) => a - b)[rounds >> 1]!;
for (const name of ['no attention', ...Object.keys(scores)]) {
  const [fast, slow] = [median(name), median(`${name}, step by step`)];
  console.log(
    `${name.padEnd(20)} ${slow.toFixed(1).padStart(8)} → ${fast.toFixed(1).padStart(7)} ms   ${(slow / fast).toFixed(2)} ×`,
  );
}
