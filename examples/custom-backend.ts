// A backend of one's own: strided views in the manner of NumPy (custom-backend/). An LSTM is trained on it, takes the same way as on
// backend-cpu, and a profile says where the time goes. custom-backend/strided.test.ts holds it to the contract.
//   node custom-backend.ts
import { ManyToOne, lastState, lstm } from '@unroll/architectures';
import { checkFinite, profile } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { oneHot } from '@unroll/data';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';
import { strided } from './custom-backend/strided.ts';

const BATCH = 16;
const TIME = 8;
const CLASSES = 4;

/** Sequences of symbols. */
function draw(rng: Rng): readonly (readonly number[])[] {
  return Array.from({ length: BATCH }, () => Array.from({ length: TIME }, () => rng.integer(CLASSES)));
}

/** Which of four symbols came first, before seven that do not matter: losses of 120 steps of training on a backend. */
async function train(backend: Backend): Promise<number[]> {
  setBackend(backend);
  const rng = new Rng(1);
  const model = {
    reader: new ManyToOne({ layer: lstm({ inputSize: CLASSES, hiddenSize: 16, rng }), pooling: lastState() }),
    output: new Linear({ inputSize: 16, outputSize: CLASSES, rng }),
  };
  const losses: number[] = [];
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.02 }),
    source: sampledSource({ sample: draw, rng }),
    loss(symbols) {
      const [encoded] = model.reader.forward(oneHot(tensor(symbols, { dtype: 'int32' }), CLASSES));
      const first = tensor(Int32Array.from(symbols, (sequence) => sequence[0]!));
      return { loss: crossEntropy(model.output.forward(encoded), first) };
    },
    steps: 120,
    rng,
  });
  for await (const event of run) if (event.type === 'step') losses.push(event.loss);
  return losses;
}

const mine = strided();
const profiled = profile(mine);
const losses = await train(profiled);
console.log(mine.explain());
console.log(`\nloss on strided views: ${losses[0]!.toFixed(3)} at first, ${losses.at(-1)!.toFixed(3)} at last\n`);
console.log(profiled.profileTable());
if (losses.at(-1)! > 0.1) throw new Error('the network did not learn');

const reference = await train(cpu());
const apart = Math.max(...losses.map((loss, i) => Math.abs(loss - reference[i]!)));
console.log(
  `\nlosses on backend-cpu are ${apart === 0 ? 'the same to the last bit' : `at most ${apart.toExponential(1)} away`}`,
);
if (apart > 1e-3) throw new Error('the backends part ways');

// Where does the first NaN come from? The op says.
setBackend(checkFinite(strided()));
try {
  tensor([3, 1, 0])
    .div(tensor([1, 2, 0]))
    .sum();
  throw new Error('0 / 0 went unseen');
} catch (error) {
  if (!(error instanceof Error) || !error.message.includes('div made NaN at [2]')) throw error;
  console.log(error.message);
}
