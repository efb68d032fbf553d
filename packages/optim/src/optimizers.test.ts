import fc from 'fast-check';
import { type Backend, type DType, Parameter, Rng, type Tensor, getBackend, scope, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  NAdam,
  type Optimizer,
  RAdam,
  RmsProp,
  type Schedule,
  Sgd,
  cosineDecay,
  exponentialDecay,
} from './index.ts';

type Make = (parameters: readonly Parameter[], learningRate?: number | Schedule) => Optimizer;

const falling = (initial: number, factor = 0.99): Schedule => exponentialDecay({ initial, factor });

/** Every optimizer and variant, with a rate that suits a bowl of size 1. */
const optimizers: Readonly<Record<string, Make>> = {
  sgd: (parameters, learningRate = 0.1) => new Sgd({ parameters, learningRate }),
  'sgd with momentum': (parameters, learningRate = 0.05) => new Sgd({ parameters, learningRate, momentum: 0.9 }),
  'sgd with Nesterov momentum': (parameters, learningRate = 0.05) =>
    new Sgd({ parameters, learningRate, momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
  rmsprop: (parameters, learningRate = falling(0.05)) => new RmsProp({ parameters, learningRate }),
  'rmsprop, centered, with momentum': (parameters, learningRate = falling(0.02)) =>
    new RmsProp({ parameters, learningRate, centered: true, momentum: 0.5 }),
  adam: (parameters, learningRate = falling(0.1)) => new Adam({ parameters, learningRate }),
  'adam with amsgrad': (parameters, learningRate = falling(0.1)) =>
    new Adam({ parameters, learningRate, amsgrad: true }),
  adamw: (parameters, learningRate = falling(0.1)) => new AdamW({ parameters, learningRate, weightDecay: 1e-4 }),
  adamax: (parameters, learningRate = falling(0.1)) => new Adamax({ parameters, learningRate }),
  nadam: (parameters, learningRate = falling(0.1)) => new NAdam({ parameters, learningRate }),
  radam: (parameters, learningRate = falling(0.1, 0.995)) => new RAdam({ parameters, learningRate }),
  adagrad: (parameters, learningRate = 0.5) => new Adagrad({ parameters, learningRate }),
  adadelta: (parameters, learningRate = falling(1)) => new Adadelta({ parameters, learningRate, epsilon: 1e-3 }),
};
const named = Object.entries(optimizers);

/** Two parameters with values near 1. */
function makeParameters(seed: number, dtype: DType = 'float64'): readonly Parameter[] {
  const rng = new Rng(seed);
  return [[3], [2, 2]].map((shape) => new Parameter(rng.uniform(shape, { low: -1, high: 1, dtype })));
}

/** The gradient of ½ Σ c p², a bowl. */
function bowlGradients(parameters: readonly Parameter[], curvature: number): readonly Tensor[] {
  return parameters.map(({ value }) => value.mul(curvature));
}

function run(optimizer: Optimizer, steps: number, curvature = 1): void {
  for (let t = 0; t < steps; t++) scope(() => optimizer.step(bowlGradients(optimizer.parameters, curvature)));
}

const elements = (parameters: readonly Parameter[]): readonly number[] =>
  parameters.flatMap(({ value }) => [...value.dataSync()]);

describe.each(named)('%s', (_, make) => {
  it('finds the bottom of a quadratic bowl from anywhere near', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.5, max: 2, noNaN: true }), (seed, curvature) => {
        const parameters = makeParameters(seed);
        run(make(parameters), 600, curvature);
        for (const x of elements(parameters)) expect(Math.abs(x)).toBeLessThan(0.02);
      }),
      { numRuns: 5 },
    );
  });

  it('goes on from a saved state as if never stopped, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom<DType>('float32', 'float64'),
        async (seed, before, after, dtype) => {
          const schedule = cosineDecay({ initial: 0.1, steps: 20 });
          const whole = makeParameters(seed, dtype);
          const stopped = makeParameters(seed, dtype);
          run(make(whole, schedule), before + after);
          const first = make(stopped, schedule);
          run(first, before);
          const state = structuredClone(await first.state());
          first.dispose();
          const second = make(stopped, schedule);
          second.restore(state);
          expect(second.stepsTaken).toBe(before);
          run(second, after);
          expect(elements(stopped)).toEqual(elements(whole));
        },
      ),
      { numRuns: 10 },
    );
  });

  it('holds as much memory after 1000 steps as after one, and none when disposed', () => {
    // The default backend counts what it holds.
    const backend = getBackend() as Backend & { memory(): { readonly liveBytes: number } };
    const live = (): number => backend.memory().liveBytes;
    // Numbers in equations that change with the step are cached, 1024 at most: 4 kB, less than the parameter has.
    const constants = 1024 * 4;
    const parameter = new Parameter(new Rng(1).normal([50, 50]));
    const none = live();
    const optimizer = make([parameter], 0.01);
    run(optimizer, 1);
    const one = live();
    run(optimizer, 999);
    expect(live() - one).toBeLessThanOrEqual(constants);
    optimizer.dispose();
    expect(live() - none).toBeLessThanOrEqual(constants);
  });

  it('leaves the gradients to the caller', () => {
    const parameters = makeParameters(2);
    const gradients = bowlGradients(parameters, 1);
    const before = gradients.map((gradient) => [...gradient.dataSync()]);
    const optimizer = make(parameters, 0.01);
    optimizer.step(gradients);
    optimizer.step(gradients);
    optimizer.dispose();
    expect(gradients.map((gradient) => [...gradient.dataSync()])).toEqual(before);
  });
});

describe('every optimizer', () => {
  it('takes the rate from the schedule at its own step, unless the step says another', () => {
    const parameters = [new Parameter(tensor([0], { dtype: 'float64' }))];
    const optimizer = new Sgd({ parameters, learningRate: (step) => 10 ** step });
    const gradient = tensor([-1], { dtype: 'float64' });
    optimizer.step([gradient]);
    optimizer.step([gradient]);
    expect(optimizer.learningRate).toBe(100);
    optimizer.step([gradient], { learningRate: 0.5 });
    expect(elements(parameters)).toEqual([11.5]);
    expect(optimizer.stepsTaken).toBe(3);
  });

  it('follows parameters that are cast before the first step', () => {
    const parameters = makeParameters(1, 'float32');
    const optimizer = new Adam({ parameters });
    for (const parameter of parameters) parameter.value = parameter.value.cast('float64');
    run(optimizer, 2);
    expect(parameters[0]!.value.dtype).toBe('float64');
  });

  it('refuses gradients that do not belong to the parameters, and changes nothing', () => {
    const parameters = makeParameters(3);
    const before = elements(parameters);
    const optimizer = new Adam({ parameters });
    const [a, b] = bowlGradients(parameters, 1) as [Tensor, Tensor];
    expect(() => optimizer.step([a])).toThrow('1 gradients for 2 parameters');
    expect(() => optimizer.step([b, a])).toThrow('gradient 0 is [2, 2], its parameter [3]');
    expect(() => optimizer.step([a, b.cast('float32')])).toThrow('gradient 1 is float32');
    expect(elements(parameters)).toEqual(before);
    expect(optimizer.stepsTaken).toBe(0);
  });

  it('refuses a state of another optimizer, other parameters or other options', async () => {
    const parameters = makeParameters(4);
    const adam = new Adam({ parameters });
    run(adam, 1);
    const state = await adam.state();
    expect(Object.keys(state.tensors)).toEqual(['0.firstMoment', '0.secondMoment', '1.firstMoment', '1.secondMoment']);
    expect(() => new AdamW({ parameters }).restore(state)).toThrow('it was saved by Adam');
    expect(() => new Adam({ parameters: parameters.toReversed() }).restore(state)).toThrow(
      '0.firstMoment is float64 [3]',
    );
    expect(() => new Adam({ parameters, amsgrad: true }).restore(state)).toThrow('it holds no 0.maxSecondMoment');
    expect(() => new Adam({ parameters: [parameters[0]!] }).restore(state)).toThrow('it holds 1.firstMoment');
    expect(() => new Adam({ parameters: makeParameters(4, 'float32') }).restore(state)).toThrow(
      'the parameter is float32',
    );
  });

  it('refuses numbers out of range', () => {
    const parameters = makeParameters(5);
    const bad: readonly [() => Optimizer, string][] = [
      [() => new Sgd({ parameters, learningRate: -1 }), 'learningRate is -1'],
      [() => new Sgd({ parameters, learningRate: 1, nesterov: true }), 'momentum is 0'],
      [() => new Adam({ parameters, betas: [0.9, 1] }), 'beta2 is 1'],
      [() => new AdamW({ parameters, weightDecay: NaN }), 'weightDecay is NaN'],
      [() => new RmsProp({ parameters, epsilon: -1 }), 'epsilon is -1'],
      [() => new Adam({ parameters: [parameters[0]!, parameters[0]!] }), 'listed twice'],
    ];
    for (const [make, message] of bad) expect(make).toThrow(message);
  });

  it('refuses a model in the place of its parameters', () => {
    const [weight] = makeParameters(5);
    // @ts-expect-error what JavaScript users may pass
    expect(() => new Adam({ parameters: { weight } })).toThrow('Adam: parameters is no list of Parameters. Give param');
    // @ts-expect-error the same
    expect(() => new Sgd({ parameters: [['weight', weight]], learningRate: 1 })).toThrow('Sgd: parameters is no list');
  });
});

it('RAdam: equals its equation on both sides of the rectification', () => {
  const [lr, beta1, beta2, epsilon] = [0.01, 0.9, 0.999, 1e-8];
  const gradients = Array.from({ length: 12 }, (_, t) => Math.cos(t) + 0.1);
  const parameters = [new Parameter(tensor([0.5], { dtype: 'float64' }))];
  const optimizer = new RAdam({ parameters, learningRate: lr });
  let [p, m, v] = [0.5, 0, 0];
  const limit = 2 / (1 - beta2) - 1;
  for (const [i, g] of gradients.entries()) {
    const t = i + 1;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const rho = limit - (2 * t * beta2 ** t) / (1 - beta2 ** t);
    const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
    const adaptive = rho > 5 ? (r * Math.sqrt(1 - beta2 ** t)) / (Math.sqrt(v) + epsilon) : 1;
    p -= (lr * m * adaptive) / (1 - beta1 ** t);
    optimizer.step([tensor([g], { dtype: 'float64' })]);
    expect(elements(parameters)[0]).toBeCloseTo(p, 14);
  }
});
