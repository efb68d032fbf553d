import type { Kernel, None, PrimitiveKernels, TypedArray } from '@unroll/backend';
import { erf } from './erf.ts';
import type { Memory } from './memory.ts';
import { cos, sin } from './sine.ts';

type Elementwise = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'erf' | 'sin' | 'cos' | 'cast';

/** Sets out[0…n). Each op has a loop of its own text, so that the engine compiles each for just what it sees. */
type Loop = (out: TypedArray, x: TypedArray, n: number) => void;

const neg: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = -x[i]!;
};

const exp: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.exp(x[i]!);
};

const log: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.log(x[i]!);
};

const sqrt: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]!);
};

const tanh: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i]!);
};

/** Where e⁻ˣ overflows to ∞, the quotient is its limit, 0. */
const sigmoid: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-x[i]!));
};

/** Written with `<`, which is false for NaN, so that NaN stays. */
const relu: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) {
    const value = x[i]!;
    out[i] = value < 0 ? 0 : value;
  }
};

const erfs: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = erf(x[i]!);
};

const sines: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = sin(x[i]!);
};

const cosines: Loop = (out, x, n) => {
  for (let i = 0; i < n; i++) out[i] = cos(x[i]!);
};

export function elementwiseKernels(memory: Memory): Pick<PrimitiveKernels, Elementwise> {
  return {
    neg: unary(memory, neg),
    exp: unary(memory, exp),
    log: unary(memory, log),
    sqrt: unary(memory, sqrt),
    tanh: unary(memory, tanh),
    sigmoid: unary(memory, sigmoid),
    relu: unary(memory, relu),
    erf: unary(memory, erfs),
    sin: unary(memory, sines),
    cos: unary(memory, cosines),
    cast: ([x], { dtype }, [signature]) => {
      if (x!.dtype === dtype) return [memory.share(x!)];
      const out = memory.make(signature!);
      // Typed arrays convert as `cast` asks: to the nearest float, and to integers toward zero.
      memory.read(out).set(memory.read(x!));
      return [out];
    },
  };
}

function unary(memory: Memory, loop: Loop): Kernel<None> {
  return ([input], _attrs, [signature]) => {
    const x = memory.read(input!);
    const out = memory.make(signature!);
    loop(memory.read(out), x, x.length);
    return [out];
  };
}
