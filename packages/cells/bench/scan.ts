// How long a training step and a run forwards take on each level of `scan`. Rounds are interleaved, so that a busy machine slows all
// columns alike. Usage: node --conditions=@unroll/source bench/scan.ts [rounds]
import { valueAndGrad } from '@unroll/autograd';
import { Parameter, Rng, type Tensor, matmul, scope } from '@unroll/tensor';
import { GruCell } from '../src/gru.ts';
import { LstmCell } from '../src/lstm.ts';
import type { RecurrentCell } from '../src/cell.ts';
import { stepByStep } from '../src/scan/step-by-step.ts';
import { traced } from '../src/scan/traced.ts';

const rounds = Number(process.argv[2] ?? 9);
const sizes = process.env['ONLY']
  ? [JSON.parse(process.env['ONLY'])]
  : [
      { hidden: 128, batch: 32, time: 50, features: 65 },
      { hidden: 16, batch: 4, time: 10, features: 16 },
      { hidden: 16, batch: 1, time: 5, features: 16 },
      { hidden: 16, batch: 1, time: 1, features: 16 },
      { hidden: 128, batch: 1, time: 1, features: 65 },
    ];

for (const { hidden, batch, time, features } of sizes) {
  for (const Cell of [LstmCell, GruCell]) {
    const rng = new Rng(1);
    const cell: RecurrentCell = new Cell({ inputSize: features, hiddenSize: hidden, rng });
    const head = new Parameter(rng.normal([hidden, features], { std: 0.1 }));
    const xs = rng.normal([batch, time, features]);
    const parameters = [...Object.values(cell).filter((value) => value instanceof Parameter), head];
    const levels = { 'step by step': stepByStep, traced } as const;
    const loss = (level: keyof typeof levels): Tensor => {
      const [ys] = levels[level](cell, xs, cell.initialState(batch), undefined);
      return matmul(ys.reshape([batch * time, hidden]), head)
        .square()
        .mean();
    };
    const jobs = {
      training: (level: keyof typeof levels) => {
        const { value, grads } = valueAndGrad(() => loss(level), parameters);
        for (const tensor of [value, ...grads]) tensor.dispose();
      },
      forward: (level: keyof typeof levels) => scope(() => loss(level).item()),
    } as const;
    for (const [job, run] of Object.entries(jobs)) {
      const repeats = Math.max(1, Math.round(20000 / (hidden * batch * time)));
      const times: Record<keyof typeof levels, number[]> = { 'step by step': [], traced: [] };
      for (let round = -2; round < rounds; round++) {
        for (const level of Object.keys(levels) as (keyof typeof levels)[]) {
          const start = process.cpuUsage().user / 1000;
          for (let i = 0; i < repeats; i++) run(level);
          if (round >= 0) times[level].push((process.cpuUsage().user / 1000 - start) / repeats);
        }
      }
      const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
      const [slow, fast] = [median(times['step by step']), median(times.traced)];
      const what = `${Cell.name} ${hidden}, batch ${batch}, time ${time}, ${job}`;
      console.log(`${what.padEnd(46)} ${slow.toFixed(3)} → ${fast.toFixed(3)} ms   ${(slow / fast).toFixed(2)} ×`);
    }
  }
}
