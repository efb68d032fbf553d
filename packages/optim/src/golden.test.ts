import {
  type Actual,
  type EncodedTensor,
  type OptimizerCase,
  decodeNumber,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { type DType, Parameter, type Tensor, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  NAdam,
  type Optimizer,
  PlateauSchedule,
  RAdam,
  RmsProp,
  type Schedule,
  Sgd,
  clipByGlobalNorm,
  clipByValue,
  constantRate,
  cosineRestarts,
  cosineWave,
  exponentialDecay,
  inverseSquareRoot,
  linearRamp,
  multiStepDecay,
  oneCycle,
  polynomialDecay,
  sequence,
  stepDecay,
} from './index.ts';

/** The optimizer of a golden case, its options under our names. */
function optimizerOf({ optimizer, hyper }: OptimizerCase, parameters: readonly Parameter[]): Optimizer {
  const number = (name: string): number => {
    const x = hyper[name];
    if (typeof x !== 'number') throw new TypeError(`${name} is no number`);
    return x;
  };
  const common = { parameters, learningRate: number('lr'), weightDecay: number('weight_decay') };
  const moments = (): typeof common & { betas: readonly [number, number]; epsilon: number; amsgrad: boolean } => ({
    ...common,
    betas: hyper['betas'] as readonly [number, number],
    epsilon: number('eps'),
    amsgrad: hyper['amsgrad'] === true,
  });
  const makers: Readonly<Record<string, () => Optimizer>> = {
    SGD: () =>
      new Sgd({
        ...common,
        momentum: number('momentum'),
        dampening: number('dampening'),
        nesterov: hyper['nesterov'] === true,
      }),
    Adam: () => new Adam(moments()),
    AdamW: () => new AdamW(moments()),
    RMSprop: () =>
      new RmsProp({
        ...common,
        alpha: number('alpha'),
        epsilon: number('eps'),
        momentum: number('momentum'),
        centered: hyper['centered'] === true,
      }),
    Adagrad: () =>
      new Adagrad({
        ...common,
        learningRateDecay: number('lr_decay'),
        initialAccumulator: number('initial_accumulator_value'),
        epsilon: number('eps'),
      }),
    Adadelta: () => new Adadelta({ ...common, rho: number('rho'), epsilon: number('eps') }),
    NAdam: () => new NAdamOfTorch113({ ...moments(), momentumDecay: number('momentum_decay') }),
    RAdam: () => new RAdam(moments()),
    Adamax: () => new Adamax(moments()),
  };
  return makers[optimizer]!();
}

/** As PyTorch computed it up to 1.13: the product is kept in float32, and μₜ enters the next one twice. 2.0 mended both. */
class NAdamOfTorch113 extends NAdam {
  protected override momentumProducts(step: number): readonly [now: number, next: number] {
    let product = 1;
    for (let t = 1; t <= step; t++) product = Math.fround(product * this.momentum(t));
    return [product, product * this.momentum(step) * this.momentum(step + 1)];
  }
}

/** The parameters after each step, from the equation in `NAdam`, element by element. */
function nadamByHand({ hyper, p0, grads_per_step: steps }: OptimizerCase): EncodedTensor[][] {
  const [beta1, beta2] = hyper['betas'] as readonly [number, number];
  const [lr, epsilon, psi] = [hyper['lr'], hyper['eps'], hyper['momentum_decay']] as readonly number[];
  const mu = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * psi!));
  const tracks = p0.map(({ s, d }, i) => {
    const elements = d.map((start, j) => {
      let [p, m, v, product] = [decodeNumber(start), 0, 0, 1];
      return steps.map((grads, step) => {
        const [t, g] = [step + 1, decodeNumber(grads[i]!.d[j]!)];
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        product *= mu(t);
        const direction = ((1 - mu(t)) / (1 - product)) * g + (mu(t + 1) / (1 - product * mu(t + 1))) * m;
        p -= (lr! * direction) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon!);
        return p;
      });
    });
    return steps.map((_, step) => ({ s, d: elements.map((track) => track[step]!) }));
  });
  return steps.map((_, step) => tracks.map((track) => track[step]!));
}

describe.each(['float64', 'float32'] as const)('golden numbers of PyTorch in %s', (dtype: DType) => {
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();
  const decode = (encoded: EncodedTensor): Tensor => {
    const { shape, data } = decodeTensor(encoded);
    return tensor(data, { shape, dtype });
  };
  const expectClose = (actual: Actual, expected: EncodedTensor): void => {
    expect(mismatch(actual, expected, tolerance)).toBeUndefined();
  };

  it.each(goldenCases('optimizer'))('$id', (golden) => {
    const parameters = golden.p0.map((p) => new Parameter(decode(p)));
    const optimizer = optimizerOf(golden, parameters);
    for (const [t, grads] of golden.grads_per_step.entries()) {
      optimizer.step(grads.map(decode));
      for (const [i, { value }] of parameters.entries()) expectClose(value, golden.expected_params_after_step[t]![i]!);
    }
  });

  it.each(goldenCases('clip_grad_norm'))('$id', (golden) => {
    const normType = decodeNumber(golden.norm_type);
    const { grads, norm } = clipByGlobalNorm(golden.grads.map(decode), golden.max_norm, { normType });
    expectClose({ shape: [], dataSync: () => [norm] }, { s: [], d: [golden.expected_total_norm] });
    for (const [i, grad] of grads.entries()) expectClose(grad, golden.expected_grads[i]!);
  });

  it.each(goldenCases('clip_grad_value'))('$id', (golden) => {
    for (const [i, grad] of clipByValue(golden.grads.map(decode), golden.clip).entries()) {
      expectClose(grad, golden.expected_grads[i]!);
    }
  });
});

it('NAdam itself follows its equation', () => {
  const golden = goldenCases('optimizer').find(({ optimizer }) => optimizer === 'NAdam')!;
  const parameters = golden.p0.map((p) => {
    const { shape, data } = decodeTensor(p);
    return new Parameter(tensor(data, { shape }));
  });
  const [lr, momentumDecay] = [golden.hyper['lr'], golden.hyper['momentum_decay']] as readonly number[];
  const optimizer = new NAdam({ parameters, learningRate: lr!, momentumDecay: momentumDecay! });
  const expected = nadamByHand(golden);
  for (const [t, grads] of golden.grads_per_step.entries()) {
    optimizer.step(grads.map((grad) => tensor(decodeTensor(grad).data, { shape: grad.s })));
    for (const [i, { value }] of parameters.entries()) {
      expect(mismatch(value, expected[t]![i]!, float64Tolerance)).toBeUndefined();
    }
  }
});

/** By the case's name: our schedule with the same parameters. */
const schedules: Readonly<Record<string, (initial: number) => Schedule>> = {
  sched_step: (initial) => stepDecay({ initial, every: 5, factor: 0.5 }),
  sched_multistep: (initial) => multiStepDecay({ initial, milestones: [3, 7, 8], factor: 0.1 }),
  sched_exponential: (initial) => exponentialDecay({ initial, factor: 0.9 }),
  sched_cosine: (initial) => cosineWave({ initial, final: 0.001, steps: 10 }),
  sched_linear_warmup: (initial) => linearRamp({ from: 0.1 * initial, to: initial, steps: 8 }),
  sched_constant: (initial) => sequence([{ steps: 5, schedule: constantRate(initial / 3) }], constantRate(initial)),
  sched_onecycle: () => oneCycle({ peak: 0.4, steps: 17 }),
  sched_warm_restarts: (initial) => cosineRestarts({ initial, final: 0.01, steps: 4, stretch: 2 }),
  sched_poly: (initial) => polynomialDecay({ initial, steps: 10, power: 2 }),
  'sched_inv_sqrt_warmup(lambda)': (initial) => inverseSquareRoot({ peak: initial / 2, warmupSteps: 4 }),
  sched_plateau: (learningRate) => {
    const plateau = new PlateauSchedule({ learningRate, factor: 0.5, patience: 2, cooldown: 1, minimum: 0.02 });
    const metrics = goldenCases('lr_schedule').find(({ id }) => id === 'sched_plateau')!.metrics_in!;
    const rates = [learningRate, ...metrics.map((metric) => plateau.observe(metric))];
    return (step) => rates[step]!;
  },
};

describe('learning rates of PyTorch', () => {
  it.each(goldenCases('lr_schedule'))('$id', ({ id, base_lr: initial, expected_lr_at_step_0_to_n: expected }) => {
    const schedule = schedules[id]!(initial);
    const rates = expected.map((_, step) => schedule(step));
    const actual = { shape: [expected.length], dataSync: () => rates };
    expect(mismatch(actual, { s: [expected.length], d: expected }, float64Tolerance)).toBeUndefined();
  });
});
