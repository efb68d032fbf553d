// Runs in the page: trains a small LSTM with the built packages, saves and loads it, and sends the result to the server.
import { LstmCell, scan } from '@unroll/cells';
import { TOY_TOKENS, Vocabulary, copyTask } from '@unroll/data';
import { decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Linear, meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, namedParameters, parametersOf, tensor } from '@unroll/tensor';
import { type BatchSource, fit } from '@unroll/training';

const result: Record<string, unknown> = {};

try {
  const rng = new Rng(1);
  const make = (seed: number): { cell: LstmCell; output: Linear } => ({
    cell: new LstmCell({ inputSize: 1, hiddenSize: 16, rng: new Rng(seed) }),
    output: new Linear({ inputSize: 16, outputSize: 1, rng: new Rng(seed + 1) }),
  });
  const model = make(1);
  const predict = ({ cell, output }: typeof model, xs: Tensor): Tensor => output.forward(scan(cell, xs)[1].h);
  const source: BatchSource<Tensor> = {
    next: () => ({ batch: rng.normal([32, 8, 1]), reset: true }),
    state: () => [...rng.state()],
    restore: () => undefined,
  };

  const losses: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
    source,
    loss: (xs: Tensor) => ({ loss: meanSquaredError(predict(model, xs), xs.slice(1, 0, 1).squeeze(1)) }),
    steps: 400,
    rng: new Rng(2),
  });
  for await (const event of run) if (event.type === 'step') losses.push(event.loss);
  clearInterval(timer);

  const saved = await encodeModel({ model, config: { hiddenSize: 16 } });
  const copy = make(7);
  loadStateDict(copy, decodeModel(saved).state);
  const probe = tensor([[[1], [2], [3]]]);
  result['firstLoss'] = losses[0];
  result['lastLoss'] = losses.at(-1);
  result['timerRanDuringTraining'] = ticks > 0;
  result['loadedModelAgrees'] = predict(copy, probe).item() === predict(model, probe).item();
  result['parameters'] = namedParameters(model).map(([name]) => name);
  // The same seed gives these numbers on every machine; the program that opened the page compares them with Node's.
  result['draws'] = [...new Rng(42).normal([4], { dtype: 'float64' }).dataSync()];
  result['vocabulary'] = [...Vocabulary.fromText('größe').encode('öß')];
  result['toy'] = typeof copyTask === 'function' && TOY_TOKENS !== undefined;
} catch (error) {
  result['error'] = String(error);
}
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
