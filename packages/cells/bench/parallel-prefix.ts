// minGRU on three roads: step by step, traced, and as a parallel prefix scan. Rounds are interleaved, so that a busy machine slows all
// columns alike. Usage: node --conditions=@unroll/source bench/parallel-prefix.ts [rounds]
import { valueAndGrad } from '@unroll/autograd';
import { Rng, type Tensor, parametersOf, scope } from '@unroll/tensor';
import { byParallelPrefix } from '../src/scan/parallel-prefix.ts';
import { stepByStep } from '../src/scan/step-by-step.ts';
import { traced } from '../src/scan/traced.ts';
import { MinGruCell } from '../src/variants/min-gru.ts';

const rounds = Number(process.argv[2] ?? 5);
const roads: Readonly<Record<string, typeof stepByStep>> = {
  'step by step': stepByStep,
  traced,
  prefix: (...args) => byParallelPrefix(...args)!,
};
const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;

for (const [batch, hidden] of [
  [1, 16],
  [1, 64],
  [4, 64],
  [8, 128],
  [32, 128],
] as const) {
  for (const time of [64, 256, 512, 2048]) {
    if (batch * hidden * time > 2e6) continue;
    const rng = new Rng(1);
    const cell = new MinGruCell({ inputSize: 16, hiddenSize: hidden, rng });
    const xs = rng.normal([batch, time, 16]);
    const parameters = parametersOf(cell);
    const loss = (road: typeof stepByStep): Tensor =>
      road(cell, xs, cell.initialState(batch), undefined)[0].square().mean();
    const jobs: Readonly<Record<string, (road: typeof stepByStep) => void>> = {
      training: (road) => {
        const { value, grads } = valueAndGrad(() => loss(road), parameters);
        for (const one of [value, ...grads]) one.dispose();
      },
      forward: (road) => void scope(() => loss(road).item()),
    };
    for (const [job, work] of Object.entries(jobs)) {
      const repeats = Math.max(1, Math.round(100_000 / (hidden * batch * time)));
      const times: Record<string, number[]> = {};
      for (let round = -2; round < rounds; round++) {
        for (const [name, road] of Object.entries(roads)) {
          const start = process.cpuUsage().user / 1000;
          for (let i = 0; i < repeats; i++) work(road);
          if (round >= 0) (times[name] ??= []).push((process.cpuUsage().user / 1000 - start) / repeats);
        }
      }
      const columns = Object.entries(times).map(([name, list]) => `${name} ${median(list).toFixed(2).padStart(8)} ms`);
      console.log(`batch ${batch}, hidden ${hidden}, time ${time}, ${job}`.padEnd(46), columns.join('   '));
    }
  }
}
