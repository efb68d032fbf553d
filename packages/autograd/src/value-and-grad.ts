import { UnrollError, formatShape, isFloat } from '@unroll/backend';
import { Parameter, Tensor, type TensorTree, ones, scope, withRecorder, zerosLike } from '@unroll/tensor';
import { Tape } from './tape.ts';

/** What a derivative is taken by: a Parameter (its current value is meant) or a tensor. */
export type Differentiable = Parameter | Tensor;

/** A loss and its gradients, in the order of the parameters: a tuple for parameters that stand in the source. */
export interface ValueAndGrads<P extends readonly Differentiable[] = readonly Differentiable[]> {
  /** What the function returned, []. */
  readonly value: Tensor;
  /** ∂value/∂parameter, of each parameter's shape; zeros where the value does not depend on it. */
  readonly grads: { readonly [I in keyof P]: Tensor };
}

/**
 * The scalar that `fn` returns, and its gradient for each parameter, by reverse accumulation. All that `fn` and the walk back
 * make besides is freed. Calls nest: a gradient inside `fn` can be differentiated again.
 * @throws UnrollError SHAPE_MISMATCH unless `fn` returns one number; INVALID_ARGUMENT if it returns no tensor, as a promise of one,
 * or the parameters are no list of them; NOT_DIFFERENTIABLE for int32
 */
export function valueAndGrad<const P extends readonly Differentiable[]>(
  fn: () => Tensor,
  parameters: P,
): ValueAndGrads<P>;
export function valueAndGrad(fn: () => Tensor, parameters: readonly Differentiable[]): ValueAndGrads {
  const { value, grads } = valueAndGradWithAux(() => [fn(), []], parameters);
  return { value, grads };
}

/**
 * `valueAndGrad` for a function that returns something besides the loss: a final state to carry on, logits to look at. The second
 * result is passed through as a constant.
 * @throws UnrollError as `valueAndGrad`; INVALID_ARGUMENT if `fn` returns no [loss, aux]
 */
export function valueAndGradWithAux<Aux extends TensorTree, const P extends readonly Differentiable[]>(
  fn: () => readonly [loss: Tensor, aux: Aux],
  parameters: P,
): ValueAndGrads<P> & { readonly aux: Aux };
export function valueAndGradWithAux<Aux extends TensorTree>(
  fn: () => readonly [loss: Tensor, aux: Aux],
  parameters: readonly Differentiable[],
): ValueAndGrads & { readonly aux: Aux } {
  checkParameters(parameters);
  return scope(() => {
    const watched = parameters.map((parameter) => ('value' in parameter ? parameter.value : parameter));
    for (const tensor of watched) {
      if (!isFloat(tensor.dtype)) {
        throw new UnrollError(
          'NOT_DIFFERENTIABLE',
          `valueAndGrad: a parameter is ${tensor.dtype}. Only floats have derivatives.`,
        );
      }
    }
    const tape = new Tape(watched);
    const result = withRecorder(tape, fn);
    checkPair(result);
    const [value, aux] = result;
    checkTensor(value);
    if (value.size !== 1) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `valueAndGrad: the function returned ${formatShape(value.shape)}; a loss is one number. Reduce it: .mean() or .sum().`,
      );
    }
    const seed = ones(value.shape, { dtype: value.dtype, backend: value.backend });
    const cotangents = tape.pullBack(value, seed);
    const grads = watched.map((tensor) => cotangents.get(tensor) ?? zerosLike(tensor));
    return { value, grads: distinct(grads), aux };
  });
}

/** What plain JavaScript may give besides a list of parameters and tensors. */
function checkParameters(parameters: unknown): void {
  if (!Array.isArray(parameters)) {
    throw new UnrollError('INVALID_ARGUMENT', 'valueAndGrad: the parameters are no list. Give parametersOf(model).');
  }
  const at = parameters.findIndex((each) => !(each instanceof Parameter || each instanceof Tensor));
  if (at === -1) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `valueAndGrad: number ${at} of the parameters is neither a Parameter nor a tensor. Give parametersOf(model).`,
  );
}

/** What plain JavaScript may return besides a tensor. */
function checkTensor(value: unknown): void {
  if (value instanceof Tensor) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `valueAndGrad: the function returned ${nameOf(value)}, not a tensor. ` +
      (value instanceof Promise ? SYNCHRONOUS : 'A derivative needs the tensor itself, not its number.'),
  );
}

/** What plain JavaScript may return besides a loss and something else. */
function checkPair(result: unknown): void {
  if (Array.isArray(result)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `valueAndGradWithAux: the function returned ${nameOf(result)}, not [loss, aux]. ` +
      (result instanceof Promise ? SYNCHRONOUS : 'Without an aux it is valueAndGrad.'),
  );
}

const SYNCHRONOUS = 'It must be synchronous: await what it needs before.';

function nameOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise';
  if (value instanceof Tensor) return 'a tensor';
  return value === null ? 'null' : typeof value;
}

/** Two parameters may share one cotangent (both biases of a cell); each gets a handle of its own, so that each can be disposed. */
function distinct(grads: readonly Tensor[]): readonly Tensor[] {
  const seen = new Set<Tensor>();
  return grads.map((grad) => {
    if (seen.has(grad)) return grad.reshape(grad.shape);
    seen.add(grad);
    return grad;
  });
}
