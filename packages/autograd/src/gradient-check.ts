import { UnrollError, checkGiven } from '@unroll/backend';
import { type Parameter, type Tensor, scope, tensor } from '@unroll/tensor';
import { valueAndGrad } from './value-and-grad.ts';

export interface GradientCheckOptions {
  /** The step of the central difference. Default 1e-5, the best for float64 and values near 1. */
  readonly step?: number;
}

/**
 * Compares the gradient of `fn` with central differences (f(p + ε) − f(p − ε)) / 2ε, element by element, and gives the worst
 * relative error |a − n| / max(1, |a|, |n|). Sound code gives less than 1e-7; a wrong derivative gives 0.01 to 1.
 * The parameters must be float64 (`castParameters(model, 'float64')`); they are changed and restored.
 * @throws UnrollError DTYPE_MISMATCH for parameters that are not float64
 */
export function gradientCheck(
  fn: () => Tensor,
  parameters: readonly Parameter[],
  { step = 1e-5 }: GradientCheckOptions = {},
): number {
  checkGiven('gradientCheck', { fn, parameters });
  for (const { value } of parameters) {
    if (value.dtype !== 'float64') {
      throw new UnrollError(
        'DTYPE_MISMATCH',
        `gradientCheck: a parameter is ${value.dtype}, too coarse for differences. Use castParameters(model, 'float64').`,
      );
    }
  }
  const evaluate = (): number => scope(() => fn().item());
  const { value, grads } = valueAndGrad(fn, parameters);
  value.dispose();
  let worst = 0;
  for (const [i, parameter] of parameters.entries()) {
    const gradient = grads[i]!.dataSync();
    grads[i]!.dispose();
    const { shape } = parameter.value;
    const original = parameter.value.dataSync();
    const moved = Float64Array.from(original);
    for (let j = 0; j < original.length; j++) {
      const at = (x: number): number => {
        moved[j] = x;
        parameter.value = tensor(moved, { shape, backend: parameter.value.backend });
        return evaluate();
      };
      const numeric = (at(original[j]! + step) - at(original[j]! - step)) / (2 * step);
      moved[j] = original[j]!;
      const analytic = gradient[j]!;
      const error = Math.abs(analytic - numeric) / Math.max(1, Math.abs(analytic), Math.abs(numeric));
      // A comparison that can't be made must not pass.
      if (Number.isNaN(error)) worst = Infinity;
      else worst = Math.max(worst, error);
    }
    parameter.value = tensor(original, { shape, backend: parameter.value.backend });
  }
  return worst;
}
