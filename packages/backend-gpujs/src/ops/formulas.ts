import { LARGEST_INTEGER, ROUNDED } from '../whole-numbers.ts';

/** The text of an expression, of the names of its operands. Each may occur several times. */
export type Formula = (...operands: readonly string[]) => string;

/** Primitives whose elements do not depend on one another. */
export type Pointwise =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'less'
  | 'equal'
  | 'where';

/** In float32. Written with comparisons where NaN has to stay NaN: `Math.max` drops it on some devices. */
export const formulas: Readonly<Record<Pointwise, Formula>> = {
  neg: (x) => `(-${x})`,
  exp: (x) => unlessNaN(x, `Math.exp(${x})`),
  // Neither the logarithm of 0 is −∞ on every device, nor that of less than 0 NaN; quotients are.
  log: (x) => `(${x}>0?Math.log(${x}):(${x}===0?-1/Math.abs(${x}):(${x}-${x})/(${x}-${x})))`,
  sqrt: (x) => `Math.sqrt(${x})`,
  tanh: (x) => unlessNaN(x, tanh(x)),
  sigmoid: (x) => unlessNaN(x, `(1/(1+Math.exp(-${clamped(x, 87)})))`),
  // As the larger of two: a compiler makes `x < 0 ? 0 : x` a maximum, which drops NaN.
  relu: (x) => `(${x}>=0?${x}:(${x}<0?0:${x}+${x}))`,
  erf: (x) => erf(x),
  sin: (x) => sine(x, 'sin'),
  cos: (x) => sine(x, 'cos'),
  add: (x, y) => `(${x}+${y})`,
  sub: (x, y) => `(${x}-${y})`,
  mul: (x, y) => `(${x}*${y})`,
  div: (x, y) => `(${x}/${y})`,
  maximum: (x, y) => larger(x, y),
  less: (x, y) => `(${x}<${y}?1:0)`,
  equal: (x, y) => `(${x}===${y}?1:0)`,
  where: (condition, x, y) => `(${condition}===0?${y}:${x})`,
};

/** In int32 as whole float32 numbers: what float32 would round is marked, and the mark is carried on. */
export const integerFormulas: Readonly<Partial<Record<Pointwise, Formula>>> = {
  neg: marked(formulas.neg),
  relu: formulas.relu,
  add: marked(formulas.add, sumIsOdd),
  sub: marked(formulas.sub, sumIsOdd),
  mul: marked(formulas.mul, (x, y) => `${parity(x)}*${parity(y)}`),
  maximum: marked(formulas.maximum),
  less: marked(formulas.less),
  equal: marked(formulas.equal),
  where: formulas.where,
};

/** The larger of two, NaN if either is: then neither comparison holds. Not their sum, since some compilers take x + −x for 0. */
export function larger(x: string, y: string): string {
  return `(${x}>=${y}?${x}:(${y}>${x}||${isNumber(x)}?${y}:${x}))`;
}

/** Toward zero; the mark beyond what float32 counts exactly. NaN stays, which is no whole number either. */
export const toInteger: Formula = (x) =>
  `(Math.abs(${x})>${LARGEST_INTEGER}?${ROUNDED}:(${x}<0?Math.ceil(${x}):Math.floor(${x})))`;

/** The mark of a number that was rounded becomes ∞. */
export const toFloat: Formula = (x) => `(Math.abs(${x})>${LARGEST_INTEGER}?${x}*${x}:${x})`;

/**
 * The mark in the place of the result, if it or an operand is beyond what float32 counts exactly. `isOdd`, for what rounds: 1 if the
 * exact result is odd. 2²⁴ + 1 would be rounded to 2²⁴, which is even.
 */
export function marked(formula: Formula, isOdd?: Formula): Formula {
  return (...operands) => {
    const result = formula(...operands);
    const beyond = [...operands, result].map((each) => `Math.abs(${each})>${LARGEST_INTEGER}`);
    if (isOdd) beyond.push(`(Math.abs(${result})>=${LARGEST_INTEGER}&&${isOdd(...operands)}===1)`);
    return `((${beyond.join('||')})?${ROUNDED}:${result})`;
  };
}

/** Whether a sum or difference of whole numbers is odd: 1 if one of them is. */
export function sumIsOdd(x: string, y: string): string {
  return `(${parity(x)}+${parity(y)})`;
}

/** 1 for odd whole numbers, 0 for even ones. */
function parity(x: string): string {
  return `(${x}-2*Math.floor(${x}*0.5))`;
}

/** There are devices whose exponential of NaN is a number. */
function unlessNaN(x: string, result: string): string {
  return `(${isNumber(x)}?${result}:${x})`;
}

/** Whether x is not NaN. */
function isNumber(x: string): string {
  return `(${x}>=0||${x}<0)`;
}

/** NaN stays. */
function clamped(x: string, most: number): string {
  return `(${x}>${most}?${most}:(${x}<-${most}?-${most}:${x}))`;
}

/**
 * Math.tanh is NaN from 45 or 89 on. Beyond 15 the result is 1 in float32; near 0 the difference from 1 has lost its digits, and the
 * Maclaurin series has not.
 */
function tanh(x: string): string {
  const square = `(${x}*${x})`;
  const series = [-17 / 315, 2 / 15, -1 / 3, 1].reduce(
    (inner, factor) => `(${inner}*${square}+${factor.toFixed(12)})`,
    (62 / 2835).toFixed(12),
  );
  return `(Math.abs(${x})<0.25?${x}*${series}:1-2/(Math.exp(2*${clamped(x, 15)})+1))`;
}

/**
 * Near 0 the beginning of the Maclaurin series, elsewhere formula 7.1.26 of Abramowitz and Stegun, off by 1.5e-7 at most.
 */
function erf(x: string): string {
  const square = `(${x}*${x})`;
  const series = [-1 / 216, 1 / 42, -1 / 10, 1 / 3].reduce(
    (inner, factor) => `(${inner}*${square}+${factor.toFixed(12)})`,
    (1 / 1320).toFixed(12),
  );
  const near = `(${(2 / Math.sqrt(Math.PI)).toFixed(12)}*${x}*(1-${square}*${series}))`;
  const t = `(1/(1+0.3275911*Math.abs(${x})))`;
  const tail = ['-1.453152027', '1.421413741', '-0.284496736', '0.254829592'].reduce(
    (inner, factor) => `(${inner}*${t}+${factor})`,
    '1.061405429',
  );
  const far = `(1-${tail}*${t}*Math.exp(-${square}))`;
  return `(Math.abs(${x})<0.5?${near}:(${x}<0?-${far}:${far}))`;
}

/** π in parts; of the first three, the multiples of halves up to LARGEST_ANGLE/π are exact in float32. It is 3.243f6a8885a3… in base 16. */
const PI_IN_PARTS = [0x648 / 2 ** 9, 0x3f6 / 2 ** 20, 0x544 / 2 ** 31, 0x2168c234 / 2 ** 62];
/** Beyond, an angle is left to the device. */
const LARGEST_ANGLE = 12_288;

/**
 * The sine of an angle r between −π/2 and π/2 that has the sine, or the cosine, in common with x but for its sign: with x = kπ + r it is that of
 * (−1)ᵏ sin r, with x = (n + ½)π + r the cosine is −(−1)ⁿ sin r. What shading languages have is right to three digits alone (WGSL, 15.7.4.2).
 */
function sine(x: string, op: 'sin' | 'cos'): string {
  const whole = `Math.floor(${x}*0.318309886184${op === 'sin' ? '+0.5' : ''})`;
  const turns = op === 'sin' ? whole : `(${whole}+0.5)`;
  const r = PI_IN_PARTS.reduce((rest, part) => `(${rest}-${turns}*${part})`, x);
  const square = `(${r}*${r})`;
  const series = [-1 / 39_916_800, 1 / 362_880, -1 / 5040, 1 / 120, -1 / 6, 1].reduce(
    (inner, factor) => `(${inner}*${square}+${factor})`,
    `${1 / 6_227_020_800}`,
  );
  const sign = op === 'sin' ? `(1-2*${parity(whole)})` : `(2*${parity(whole)}-1)`;
  const far = `(Math.abs(${x})<3.4e38?Math.${op}(${x}):(${x}-${x})/(${x}-${x}))`;
  return `(Math.abs(${x})<${LARGEST_ANGLE}?${sign}*${r}*${series}:${far})`;
}
