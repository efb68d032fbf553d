import { valueAndGrad } from '@unroll/autograd';
import { LstmCell, scan } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, eye, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';

/** Losses of training a character model on a sequence of symbols that can be foretold: the same bits wherever it runs. */
export function train(backend: Backend, steps: number): number[] {
  return withBackend(backend, () => {
    const rng = new Rng(5);
    const [symbols, batch, time] = [29, 24, 20];
    const cell = new LstmCell({ inputSize: symbols, hiddenSize: 96, rng });
    const output = new Linear({ inputSize: 96, outputSize: symbols, rng });
    const parameters = parametersOf({ cell, output });
    const optimizer = new Adam({ parameters, learningRate: 0.01 });
    const text = Int32Array.from({ length: batch * (time + 1) }, (_, i) => (i * 7 + Math.floor(i / 3)) % symbols);
    const whole = tensor(text, { shape: [batch, time + 1] });
    const xs = eye(symbols).gather(whole.slice(1, 0, time));
    const ys = whole.slice(1, 1, time);
    return Array.from({ length: steps }, () =>
      scope(() => {
        const { value, grads } = valueAndGrad(() => crossEntropy(output.forward(scan(cell, xs)[0]), ys), parameters);
        optimizer.step(grads);
        return value.item();
      }),
    );
  });
}
