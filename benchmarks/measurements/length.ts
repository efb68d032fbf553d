// Eight times as many steps of time should cost eight times as much, no more.
import { Unidirectional } from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Rng, type Tensor, parametersOf, scope, setBackend, tensor } from '@unroll/tensor';
import { figure } from '../markdown.ts';
import { median } from '../statistics.ts';
import { cpuTime, report } from './measurement.ts';

const LENGTHS = [50, 100, 200, 400];
const ROUNDS = 9;
const HIDDEN = 128;
const BATCH = 32;
const TAGS = 65;

setBackend(await wasm());
const rng = new Rng(1);
const model = {
  recurrent: new Unidirectional({ cell: new LstmCell({ inputSize: HIDDEN, hiddenSize: HIDDEN, rng }) }),
  output: new Linear({ inputSize: HIDDEN, outputSize: TAGS, rng }),
};
const parameters = parametersOf(model);

const candidates = LENGTHS.map((time) => {
  const count = BATCH * time;
  const xs = tensor(
    Float32Array.from({ length: count * HIDDEN }, () => rng.next() - 0.5),
    { shape: [BATCH, time, HIDDEN] },
  );
  const ys = tensor(
    Int32Array.from({ length: count }, () => Math.floor(rng.next() * TAGS)),
    { shape: [BATCH, time] },
  );
  const loss = (): Tensor => crossEntropy(model.output.forward(model.recurrent.forward(xs)[0]), ys);
  return { time, work: () => scope(() => valueAndGrad(loss, parameters).value.item()), times: [] as number[] };
});
for (let round = 0; round < ROUNDS + 2; round++) {
  for (const { time, work, times } of candidates) {
    const spent = cpuTime(work, 400 / time);
    if (round >= 2) times.push(spent);
  }
}
const base = candidates[0]!;
report({
  heading: 'Length',
  text: 'Loss and gradients of an LSTM (128 in, 128 hidden, batch 32) by the number of steps; processor time, and how many times that of 50 steps, round by round.',
  header: ['steps', 'ms', 'times'],
  rows: candidates.map(({ time, times }) => [
    String(time),
    figure(median(times)),
    figure(median(times.map((spent, round) => spent / base.times[round]!))),
  ]),
});
