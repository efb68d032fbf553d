import { Parameter, Rng, type Tensor, activeRecorders, isRecording, scope, tensor, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gradientCheck } from './gradient-check.ts';
import { valueAndGrad, valueAndGradWithAux } from './value-and-grad.ts';

const double = { dtype: 'float64' } as const;
const parameter = (...values: readonly number[]): Parameter => new Parameter(tensor(values, double));
const list = (x: Tensor): readonly number[] => [...x.dataSync()];

describe('valueAndGrad', () => {
  it('gives the value and the gradient of each parameter, in order', () => {
    const [a, b] = [parameter(1, 2), parameter(3, 4)];
    const { value, grads } = valueAndGrad(() => a.value.mul(b).mul(b).sum(), [b, a]);
    expect(value.item()).toBe(1 * 9 + 2 * 16);
    expect(grads.map(list)).toEqual([
      [6, 16],
      [9, 16],
    ]);
  });

  it('types the gradients of parameters that stand in the source as a tuple', () => {
    const [a, b] = [parameter(2), parameter(5)];
    const { grads } = valueAndGrad(() => a.value.mul(b).sum(), [a, b]);
    const [da, db]: readonly [Tensor, Tensor] = grads;
    expect([da.item(), db.item()]).toEqual([5, 2]);
    // @ts-expect-error: there is no third
    expect(grads[2]).toBeUndefined();
    const any: readonly Tensor[] = valueAndGrad(() => a.value.sum(), [a, b].toReversed()).grads;
    expect(any.map((grad) => grad.item())).toEqual([0, 1]);
  });

  it('gives zeros to a parameter that the value does not depend on', () => {
    const [a, b] = [parameter(1), parameter(3, 4)];
    expect(list(valueAndGrad(() => a.value.sum(), [a, b]).grads[1])).toEqual([0, 0]);
  });

  it('adds up the cotangents of a value used twice', () => {
    const x = parameter(3);
    const loss = (): Tensor => {
      const y = x.value.square();
      return y.mul(y).add(y).sum();
    };
    expect(valueAndGrad(loss, [x]).grads[0].item()).toBe(4 * 27 + 6);
  });

  it('takes tensors besides parameters', () => {
    const x = tensor([2, 3]);
    expect(list(valueAndGrad(() => x.square().sum(), [x]).grads[0])).toEqual([4, 6]);
  });

  it('treats detached values as constants', () => {
    const x = parameter(3);
    expect(valueAndGrad(() => x.value.mul(x.value.detach()).sum(), [x]).grads[0].item()).toBe(3);
  });

  it('splits an output of which only a part is used', () => {
    const x = parameter(1, 2, 3);
    expect(list(valueAndGrad(() => x.value.split(0, [1, 2])[1].square().sum(), [x]).grads[0])).toEqual([0, 4, 6]);
  });

  it('nests: third derivatives of x⁴ and of eˣ', () => {
    const x = parameter(1.5);
    const third = (f: () => Tensor): number =>
      valueAndGrad(
        () => valueAndGrad(() => valueAndGrad(f, [x]).grads[0].sum(), [x]).grads[0].sum(),
        [x],
      ).grads[0].item();
    expect(third(() => x.value.square().square().sum())).toBeCloseTo(24 * 1.5, 12);
    expect(third(() => x.value.exp().sum())).toBeCloseTo(Math.exp(1.5), 12);
  });

  it('differentiates through a gradient step: the derivative by the learning rate', () => {
    const rate = parameter(0.1);
    const start = parameter(2);
    const afterStep = (): Tensor => {
      const { grads } = valueAndGrad(() => start.value.square().sum(), [start]);
      return start.value.sub(grads[0].mul(rate)).square().sum();
    };
    expect(gradientCheck(afterStep, [rate, start])).toBeLessThan(1e-8);
  });

  it('stops NaN where it was not chosen', () => {
    const x = parameter(0, 4);
    const loss = (): Tensor => where(x.value.greater(0), x.value.log(), 0).sum();
    const [bad, good] = list(valueAndGrad(loss, [x]).grads[0]);
    // 0 · 1/0 is NaN: the choice must be made before the pole as well. This is the rule of every library; the doc of `where` says it.
    expect(good).toBe(0.25);
    expect(bad).toBeNaN();
    const safe = (): Tensor => where(x.value.greater(0), where(x.value.greater(0), x.value, 1).log(), 0).sum();
    expect(list(valueAndGrad(safe, [x]).grads[0])).toEqual([0, 0.25]);
  });

  it('frees all but its results, and stops recording, also when the function throws', () => {
    const x = parameter(1);
    let inner: Tensor | undefined;
    const { value } = valueAndGrad(() => (inner = x.value.exp()).sum(), [x]);
    expect(inner?.isDisposed).toBe(true);
    expect(value.isDisposed).toBe(false);
    expect(() =>
      valueAndGrad(() => {
        throw new Error('mine');
      }, [x]),
    ).toThrow('mine');
    expect(isRecording()).toBe(false);
  });

  it('hands on what a scope inside the function made, as the walk back needs it', () => {
    const x = parameter(2);
    expect(valueAndGrad(() => scope(() => x.value.exp().square()).sum(), [x]).grads[0].item()).toBeCloseTo(
      2 * Math.exp(4),
      10,
    );
  });

  it('gives two parameters that share a cotangent a tensor each', () => {
    const [a, b] = [parameter(1, 2), parameter(3, 4)];
    const { grads } = valueAndGrad(() => a.value.add(b).sum(), [a, b]);
    grads[0].dispose();
    expect(list(grads[1])).toEqual([1, 1]);
  });

  it('refuses a loss that is not one number, and integer parameters', () => {
    const x = parameter(1, 2);
    expect(() => valueAndGrad(() => x.value.exp(), [x])).toThrow('returned [2]; a loss is one number');
    const n = new Parameter(tensor(Int32Array.of(1)));
    expect(() => valueAndGrad(() => x.value.sum(), [n])).toThrow('a parameter is int32');
  });

  it('names what JavaScript users may give instead of tensors', () => {
    const x = parameter(1, 2);
    // @ts-expect-error the number of a loss
    expect(() => valueAndGrad(() => x.value.sum().item(), [x])).toThrow('the function returned number, not a tensor');
    // @ts-expect-error a promise of it
    expect(() => valueAndGrad(() => Promise.resolve(x.value.sum()), [x])).toThrow(
      'returned a promise, not a tensor. It',
    );
    // @ts-expect-error a model
    expect(() => valueAndGrad(() => x.value.sum(), { x })).toThrow('are no list. Give parametersOf(model)');
    // @ts-expect-error what is named, of a model
    expect(() => valueAndGrad(() => x.value.sum(), [x, ['w', x]])).toThrow(
      'number 1 of the parameters is neither a Par',
    );
    // @ts-expect-error nothing
    expect(() => valueAndGrad(() => {}, [x])).toThrow('the function returned undefined, not a tensor');
    // @ts-expect-error null
    expect(() => valueAndGrad(() => null, [x])).toThrow('the function returned null, not a tensor');
  });
});

describe('valueAndGradWithAux', () => {
  it('names what JavaScript users may return instead of a loss and something else', () => {
    const x = parameter(1, 2);
    // @ts-expect-error the loss alone
    expect(() => valueAndGradWithAux(() => x.value.sum(), [x])).toThrow(
      'valueAndGradWithAux: the function returned a tensor, not [loss, aux]. Without an aux it is valueAndGrad.',
    );
    // @ts-expect-error a promise
    expect(() => valueAndGradWithAux(() => Promise.resolve([x.value.sum(), []]), [x])).toThrow(
      'returned a promise, not',
    );
    // @ts-expect-error nothing
    expect(() => valueAndGradWithAux(() => {}, [x])).toThrow('returned undefined, not [loss, aux]');
  });

  it('passes the second result through', () => {
    const x = parameter(3);
    const { grads, aux } = valueAndGradWithAux(() => [x.value.square().sum(), { twice: x.value.mul(2) }], [x]);
    expect(grads[0].item()).toBe(6);
    expect(aux.twice.item()).toBe(6);
  });
});

describe('gradientCheck', () => {
  it('finds a wrong derivative', () => {
    const x = new Parameter(new Rng(1).normal([3], double));
    // d(x · const(x)) is half of d(x²)
    expect(gradientCheck(() => x.value.mul(x.value.detach()).sum(), [x])).toBeGreaterThan(0.01);
  });

  it('does not pass what it can not compare', () => {
    const x = parameter(-1);
    expect(gradientCheck(() => x.value.sqrt().sum(), [x])).toBe(Infinity);
  });

  it('restores the parameters and refuses float32', () => {
    const x = parameter(1, 2, 3);
    gradientCheck(() => x.value.exp().sum(), [x]);
    expect(list(x.value)).toEqual([1, 2, 3]);
    const single = new Parameter(tensor([1]));
    expect(() => gradientCheck(() => single.value.sum(), [single])).toThrow("castParameters(model, 'float64')");
    // @ts-expect-error what JavaScript users may forget
    expect(() => gradientCheck(() => single.value.sum())).toThrow('gradientCheck: parameters is missing');
  });
});

describe('a composite op', () => {
  /** x² as one op that brings its derivative. */
  function square(x: Tensor): Tensor {
    const y = tensor(x.dataSync().map((value) => value * value));
    activeRecorders()[0]!.differentiation!.recordComposite({
      inputs: [x],
      outputs: [y],
      pullBack: ([dy], [needed]) => [needed ? dy!.mul(x).mul(2) : undefined],
    });
    return y;
  }

  it('is pulled back by its own derivative, among others', () => {
    const x = parameter(3, -1);
    const { grads } = valueAndGrad(() => square(square(x.value.mul(2))).sum(), [x]);
    expect(list(grads[0])).toEqual([16 * 4 * 27, -16 * 4]);
  });

  it('is left out where nothing is watched', () => {
    const x = parameter(3);
    const { grads } = valueAndGrad(
      () =>
        square(tensor([2], double))
          .mul(x)
          .sum(),
      [x],
    );
    expect(list(grads[0])).toEqual([4]);
  });
});
