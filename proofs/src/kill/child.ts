// Trains with checkpoints in the folder of the first argument, from the latest one on. Reports on stdout, a line each: `from <step>`,
// `step <step>`, `weights <sha256>`.
import { createHash } from 'node:crypto';
import { wasm } from '@unroll/backend-wasm';
import { languageModelStreams } from '@unroll/data';
import { stateDictSync } from '@unroll/io';
import { dropout } from '@unroll/layers';
import { Adam, PlateauSchedule } from '@unroll/optim';
import { Rng, parametersOf, setBackend } from '@unroll/tensor';
import { fit, loadCheckpoint, streamSource } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import { CharLm } from '../shared/char-lm.ts';
import { TOY_SYMBOLS, toyText } from '../shared/toy-text.ts';

// Threads come and go with the load of the machine, and the numbers stay the same.
setBackend(await wasm({ threads: 2, relaxedSimd: false, onFallback: () => undefined }));
const store = folderStore(process.argv[2]!);
const steps = Number(process.argv[3]);
const resume = await loadCheckpoint(store);
console.log(`from ${resume?.step ?? 0}`);

// Another start and other random numbers in each process: whatever the checkpoint does not restore shows.
const rng = new Rng(resume ? process.pid : 1);
const model = new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 8, hidden: 24, rng });
const text = toyText(6000);
const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model) }),
  source: streamSource(languageModelStreams(text.subarray(0, 5000), { batch: 8, time: 16 })),
  loss(batch, context: Parameters<typeof model.loss>[1]) {
    const { loss, carry } = model.loss(batch, context);
    // A penalty on a random half of the weights, so that random numbers matter.
    const penalty = dropout(model.output.weight.value, 0.5, context.rng).square().mean();
    return { loss: loss.add(penalty), carry };
  },
  steps,
  schedule: new PlateauSchedule({ learningRate: 0.01, factor: 0.8, patience: 1 }),
  clipNorm: 1,
  validation: { every: 20, run: () => model.evaluate(text.subarray(5000), 4, 16) },
  checkpoints: { every: 3, store },
  rng,
  resume,
});
for await (const event of run) if (event.type === 'step') console.log(`step ${event.step}`);

const hash = createHash('sha256');
for (const { data } of stateDictSync(model).values()) hash.update(data);
console.log(`weights ${hash.digest('hex')}`);
