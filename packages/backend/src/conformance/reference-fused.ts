import type { FusedAttrs, FusedOp } from '../fused.ts';
import type { HostValue } from './reference.ts';

type Rule<Attrs> = (inputs: readonly HostValue[], attrs: Attrs) => readonly (readonly number[])[];

/** What every fused op is, in double precision. Meant to be read, not to be fast. */
export const fusedReference: { readonly [F in FusedOp]: Rule<FusedAttrs[F]> } = {
  softmax: ([x], { empty }) => [
    rowsOf(x!).flatMap((row) => {
      const e = shifted(row).map(Math.exp);
      const total = sum(e);
      return e.map((each) => each / (total === 0 && empty === 'zero' ? 1 : total));
    }),
  ],
  softmaxGradient: ([y, dy]) => [
    pairs(y!, dy!).flatMap(([row, d]) => {
      const total = sum(row.map((each, i) => each * d[i]!));
      return row.map((each, i) => each * (d[i]! - total));
    }),
  ],
  logSoftmax: ([x]) => [rowsOf(x!).flatMap((row) => shifted(row).map((each) => each - logTotal(shifted(row))))],
  logSoftmaxGradient: ([y, dy]) => [
    pairs(y!, dy!).flatMap(([row, d]) => row.map((each, i) => d[i]! - Math.exp(each) * sum(d))),
  ],

  crossEntropy: (inputs, attrs) => [crossEntropy(inputs, attrs.ignoreIndex).map(({ loss }) => loss)],
  crossEntropyWithGradient: (inputs, attrs) => {
    const rows = crossEntropy(inputs, attrs.ignoreIndex);
    return [rows.map(({ loss }) => loss), rows.flatMap(({ gradient }) => gradient)];
  },
  crossEntropyMean: (inputs, { ignoreIndex }) => {
    const rows = crossEntropy(inputs, ignoreIndex);
    const live = Math.max(1, Array.from(inputs[1]!.data).filter((target) => target !== ignoreIndex).length);
    const gradients = rows.flatMap(({ gradient }) => gradient);
    return [[sum(rows.map(({ loss }) => loss)) / live], gradients.map((each) => each / live)];
  },

  layerNorm: ([x, weight, bias], { epsilon }) => {
    const rows = rowsOf(x!);
    const means = rows.map(mean);
    const ds = rows.map((row, r) => Math.sqrt(mean(row.map((each) => (each - means[r]!) ** 2)) + epsilon));
    const y = rows.flatMap((row, r) =>
      row.map((each, i) => ((each - means[r]!) / ds[r]!) * weight!.data[i]! + bias!.data[i]!),
    );
    return [y, means, ds];
  },
  layerNormGradient: ([x, weight, means, ds, dy]) => {
    const dWeight = Array.from(weight!.data, () => 0);
    const dBias = Array.from(weight!.data, () => 0);
    const dx = pairs(x!, dy!).flatMap(([row, d], r) => {
      const normalized = row.map((each) => (each - means!.data[r]!) / ds!.data[r]!);
      const e = d.map((each, i) => each * weight!.data[i]!);
      d.forEach((each, i) => {
        dWeight[i]! += each * normalized[i]!;
        dBias[i]! += each;
      });
      const along = mean(e.map((each, i) => each * normalized[i]!));
      return e.map((each, i) => (each - mean(e) - normalized[i]! * along) / ds!.data[r]!);
    });
    return [dx, dWeight, dBias];
  },

  adam,
  adamOfAll: (inputs, attrs) => inputs.flatMap((_, i) => (i % 4 === 0 ? adam(inputs.slice(i, i + 4), attrs) : [])),
  sgd: ([p, gradient], { rate, weightDecay }) => [
    penalized(gradient!, p!, weightDecay).map((g, i) => p!.data[i]! - rate * g),
  ],
  sgdMomentum: ([p, gradient, old], { rate, weightDecay, momentum, share, nesterov }) => {
    const g = penalized(gradient!, p!, weightDecay);
    const b = g.map((each, i) => momentum * old!.data[i]! + share * each);
    return [b.map((each, i) => p!.data[i]! - rate * (nesterov ? g[i]! + momentum * each : each)), b];
  },
  rmsProp: ([p, gradient, old], { rate, weightDecay, alpha, epsilon }) => {
    const g = penalized(gradient!, p!, weightDecay);
    const s = g.map((each, i) => alpha * old!.data[i]! + (1 - alpha) * each * each);
    return [s.map((each, i) => p!.data[i]! - (rate * g[i]!) / (Math.sqrt(each) + epsilon)), s];
  },

  sumOfSquares: (inputs) => [[sum(inputs.flatMap(({ data }) => Array.from(data, (each) => each * each)))]],

  oneHot: ([indices], { depth }) => [
    Array.from(indices!.data).flatMap((index) => Array.from({ length: depth }, (_, i) => Number(i === index))),
  ],

  productOverTime: ([a, b], { transposeB }) => {
    const [k, n] = [a!.shape[2]!, b!.shape[transposeB ? 0 : 1]!];
    const weight = (i: number, j: number): number => b!.data[transposeB ? j * k + i : i * n + j]!;
    const row = (x: readonly number[]): number[] =>
      Array.from({ length: n }, (_, j) => sum(x.map((each, i) => each * weight(i, j))));
    return [rowsOf(a!).flatMap(row)];
  },
  sumOfProducts: ([a, b]) => {
    const [m, n] = [a!.shape[2]!, b!.shape[2]!];
    const rows = pairs(a!, b!);
    const element = (i: number, j: number): number => sum(rows.map(([x, y]) => x[i]! * y[j]!));
    return [Array.from({ length: m * n }, (_, at) => element(Math.floor(at / n), at % n))];
  },
};

function adam(
  [p, gradient, m, v]: readonly HostValue[],
  { beta1, beta2, rate, epsilon, weightDecay, shrink }: FusedAttrs['adam'],
): readonly (readonly number[])[] {
  const g = penalized(gradient!, p!, weightDecay);
  const m2 = g.map((each, i) => beta1 * m!.data[i]! + (1 - beta1) * each);
  const v2 = g.map((each, i) => beta2 * v!.data[i]! + (1 - beta2) * each * each);
  return [m2.map((each, i) => shrink * p!.data[i]! - (rate * each) / (Math.sqrt(v2[i]!) + epsilon)), m2, v2];
}

function rowsOf({ shape, data }: HostValue): readonly (readonly number[])[] {
  const length = shape.at(-1)!;
  const count = shape.slice(0, -1).reduce((product, each) => product * each, 1);
  return Array.from({ length: count }, (_, r) => Array.from({ length }, (_each, i) => data[r * length + i]!));
}

function pairs(x: HostValue, y: HostValue): readonly (readonly [readonly number[], readonly number[]])[] {
  const rows = rowsOf(y);
  return rowsOf(x).map((row, r) => [row, rows[r]!]);
}

/** A row less its largest element, or as it is if that is infinite. */
function shifted(row: readonly number[]): readonly number[] {
  const m = Math.max(...row);
  return row.map((each) => each - (Math.abs(m) === Infinity ? 0 : m));
}

function logTotal(row: readonly number[]): number {
  return Math.log(sum(row.map(Math.exp)));
}

function crossEntropy(
  [x, targets]: readonly HostValue[],
  ignoreIndex: number,
): readonly { readonly loss: number; readonly gradient: readonly number[] }[] {
  return rowsOf(x!).map((row, r) => {
    const target = targets!.data[r]!;
    if (target === ignoreIndex) return { loss: 0, gradient: row.map(() => 0) };
    const m = Math.max(...row);
    const less = row.map((each) => each - m);
    const log = logTotal(less);
    const gradient = less.map((each, i) => Math.exp(each - log) - (i === target ? 1 : 0));
    return { loss: log - less[target]!, gradient };
  });
}

function penalized(gradient: HostValue, p: HostValue, weightDecay: number): readonly number[] {
  return Array.from(gradient.data, (g, i) => (weightDecay === 0 ? g : g + weightDecay * p.data[i]!));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function mean(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}
