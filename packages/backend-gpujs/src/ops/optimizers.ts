import { type FusedKernels, type Signature, sizeOf } from '@unroll/backend';
import type { Handle } from '../device/index.ts';
import type { GpuBuffer, Memory } from '../memory.ts';
import { filled } from './filled.ts';
import { joined } from './joined.ts';
import { pointwise } from './pointwise.ts';
import { SUM, SUM_OF_SQUARES, reduce } from './reduction.ts';

type Optimizers = 'adam' | 'sgd' | 'sgdMomentum' | 'rmsProp' | 'sumOfSquares';

/** The gradient with an L2 penalty in it. Without one the parameter is not looked at: 0 · ∞ is no number. */
function penalized(weightDecay: number): (g: string, p: string, decay: string) => string {
  return weightDecay === 0 ? (g) => g : (g, p, decay) => `(${g}+${decay}*${p})`;
}

export function optimizerOps(memory: Memory): Required<Pick<FusedKernels, Optimizers>> {
  const { device } = memory;

  /** One element of each array makes one of the result. */
  const each = (
    name: string,
    { shape }: Signature,
    handles: readonly Handle[],
    scalars: readonly number[],
    formula: (...names: readonly string[]) => string,
  ): Handle => {
    const size = sizeOf(shape);
    const operands = handles.map((handle) => ({ handle, walk: { strides: [1], offset: 0 } }));
    return pointwise(device, { name, shape: [size], operands, scalars, formula });
  };
  const own = (handle: Handle, signature: Signature): GpuBuffer => memory.own(handle, signature);

  return {
    adam: (inputs, { beta1, beta2, rate, epsilon, weightDecay, shrink }, [ofP, ofM, ofV]) => {
      const [p, g, m, v] = inputs.map((input) => memory.handle(input, 'adam')) as [Handle, Handle, Handle, Handle];
      const gradient = penalized(weightDecay);
      const nextM = each(
        'adam m',
        ofM!,
        [p, g, m],
        [beta1, 1 - beta1, weightDecay],
        (x, d, old, b, a, decay) => `${b}*${old}+${a}*${gradient(d, x, decay)}`,
      );
      const nextV = each('adam v', ofV!, [p, g, v], [beta2, 1 - beta2, weightDecay], (x, d, old, b, a, decay) => {
        const full = gradient(d, x, decay);
        return `${b}*${old}+${a}*${full}*${full}`;
      });
      const nextP = each(
        'adam p',
        ofP!,
        [p, nextM, nextV],
        [shrink, rate, epsilon],
        (x, a, b, keep, step, e) => `${keep}*${x}-${step}*${a}/(Math.sqrt(${b})+${e})`,
      );
      return [own(nextP, ofP!), own(nextM, ofM!), own(nextV, ofV!)];
    },

    sgd: (inputs, { rate, weightDecay }, [ofP]) => {
      const handles = inputs.map((input) => memory.handle(input, 'sgd'));
      const gradient = penalized(weightDecay);
      const p = each(
        'sgd',
        ofP!,
        handles,
        [rate, weightDecay],
        (x, g, step, decay) => `${x}-${step}*${gradient(g, x, decay)}`,
      );
      return [own(p, ofP!)];
    },

    sgdMomentum: (inputs, { rate, weightDecay, momentum, share, nesterov }, [ofP, ofB]) => {
      const [p, g, b] = inputs.map((input) => memory.handle(input, 'sgdMomentum')) as [Handle, Handle, Handle];
      const gradient = penalized(weightDecay);
      const nextB = each(
        'sgdMomentum b',
        ofB!,
        [p, g, b],
        [momentum, share, weightDecay],
        (x, d, old, keep, part, decay) => `${keep}*${old}+${part}*${gradient(d, x, decay)}`,
      );
      const nextP = each(
        'sgdMomentum p',
        ofP!,
        [p, g, nextB],
        [rate, momentum, weightDecay],
        (x, d, next, step, keep, decay) =>
          nesterov ? `${x}-${step}*(${gradient(d, x, decay)}+${keep}*${next})` : `${x}-${step}*${next}`,
      );
      return [own(nextP, ofP!), own(nextB, ofB!)];
    },

    rmsProp: (inputs, { rate, weightDecay, alpha, epsilon }, [ofP, ofS]) => {
      const [p, g, s] = inputs.map((input) => memory.handle(input, 'rmsProp')) as [Handle, Handle, Handle];
      const gradient = penalized(weightDecay);
      const nextS = each(
        'rmsProp s',
        ofS!,
        [p, g, s],
        [alpha, 1 - alpha, weightDecay],
        (x, d, old, keep, part, decay) => {
          const full = gradient(d, x, decay);
          return `${keep}*${old}+${part}*${full}*${full}`;
        },
      );
      const nextP = each(
        'rmsProp p',
        ofP!,
        [p, g, nextS],
        [rate, epsilon, weightDecay],
        (x, d, next, step, e, decay) => `${x}-${step}*${gradient(d, x, decay)}/(Math.sqrt(${next})+${e})`,
      );
      return [own(nextP, ofP!), own(nextS, ofS!)];
    },

    sumOfSquares: (inputs, _attrs, [output]) => {
      const some = inputs.filter(({ shape }) => sizeOf(shape) > 0);
      if (some.length === 0) return [filled(memory, output!, 0)];
      const totals = some.map((input) => {
        const x = memory.handle(input, 'sumOfSquares');
        return reduce(device, { x, shape: [sizeOf(input.shape)], axes: [0], combine: SUM_OF_SQUARES });
      });
      const pieces = totals.map((handle) => ({ handle, size: 1 }));
      const all = joined(device, 1, pieces);
      if (totals.length === 1) return [own(all, output!)];
      return [own(reduce(device, { x: all, shape: [totals.length], axes: [0], combine: SUM }), output!)];
    },
  };
}
