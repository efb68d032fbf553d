import { type Kernel, type None, type PrimitiveKernels } from '@unroll/backend';
import { type Memory, noFloat64 } from '../memory.ts';
import { type Pointwise, formulas, integerFormulas, toFloat, toInteger } from './formulas.ts';
import { stretched } from './nest.ts';
import { pointwise } from './pointwise.ts';

export function elementwiseOps(memory: Memory): Pick<PrimitiveKernels, Pointwise | 'cast'> {
  const op =
    (name: Pointwise): Kernel<None> =>
    (inputs, _attrs, [output]) => {
      const { shape, dtype } = output!;
      const formula = (dtype === 'int32' ? integerFormulas[name] : undefined) ?? formulas[name];
      const operands = inputs.map((input) => {
        return { handle: memory.handle(input, name), walk: stretched(input.shape, shape) };
      });
      return [memory.own(pointwise(memory.device, { name, shape, operands, formula }), output!)];
    };

  return {
    neg: op('neg'),
    exp: op('exp'),
    log: op('log'),
    sqrt: op('sqrt'),
    tanh: op('tanh'),
    sigmoid: op('sigmoid'),
    relu: op('relu'),
    erf: op('erf'),
    sin: op('sin'),
    cos: op('cos'),
    add: op('add'),
    sub: op('sub'),
    mul: op('mul'),
    div: op('div'),
    maximum: op('maximum'),
    less: op('less'),
    equal: op('equal'),
    where: op('where'),

    cast: ([x], { dtype }, [output]) => {
      if (dtype === 'float64') throw noFloat64('cast');
      if (x!.dtype === dtype) return [memory.share(x!)];
      const host = memory.host(x!);
      if (host) return [memory.own(memory.device.upload(Float32Array.from(host)), output!)];
      const { shape } = output!;
      const operands = [{ handle: memory.handle(x!, 'cast'), walk: stretched(shape, shape) }];
      const formula = dtype === 'int32' ? toInteger : toFloat;
      return [memory.own(pointwise(memory.device, { name: 'cast', shape, operands, formula }), output!)];
    },
  };
}
