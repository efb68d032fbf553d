// Fits the line y = 3x − 1 to five points by gradient descent: parameters, a loss, its gradients, nothing else.
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { Parameter, scope, setBackend, tensor } from '@unroll/tensor';

setBackend(await wasm());

const x = tensor([-2, -1, 0, 1, 2]);
const y = tensor([-7, -4, -1, 2, 5]);

const slope = new Parameter(tensor(0));
const intercept = new Parameter(tensor(0));
const parameters = [slope, intercept];

for (let step = 0; step <= 100; step++) {
  // What the scope makes besides the parameters' new values is freed at its end.
  const loss = scope(() => {
    const { value, grads } = valueAndGrad(() => x.mul(slope).add(intercept).sub(y).square().mean(), parameters);
    for (const [i, parameter] of parameters.entries()) parameter.value = parameter.value.sub(grads[i]!.mul(0.1));
    return value.item();
  });
  if (step % 25 === 0) console.log(`step ${String(step).padStart(3)}  loss ${loss.toFixed(6)}`);
}

console.log(`y = ${slope.value.item().toFixed(3)} x + ${intercept.value.item().toFixed(3)}`);
if (Math.abs(slope.value.item() - 3) > 1e-3) throw new Error('gradient descent did not find the line');
