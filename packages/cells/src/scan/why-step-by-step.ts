import type { Backend } from '@unroll/backend';
import { activeRecorders, isProbing } from '@unroll/tensor';

/** From so many steps on, tracing costs less than it saves, even for the smallest models. */
const WORTHWHILE = 12;
/** Where the traced loop is compiled it saves more, once it has been. */
const WORTHWHILE_COMPILED = 6;
/** With a derivative it saves more: the tape holds one op instead of all. */
const WORTHWHILE_WITH_DERIVATIVE = 3;

/** Why a run here and now, or one like it with a derivative, is not traced, whatever the cell; undefined if it may be. */
export function whyStepByStep(
  time: number,
  backend: Backend,
  { differentiated = false }: { readonly differentiated?: boolean } = {},
): string | undefined {
  const recorders = activeRecorders();
  if (isProbing()) return 'probes watch its values';
  if (recorders.length > 1) return 'derivatives of derivatives are recorded op by op';
  if (recorders.some(({ differentiation }) => !differentiation)) return 'a recorder wants to hear of every op';
  const least =
    differentiated || recorders.length > 0
      ? WORTHWHILE_WITH_DERIVATIVE
      : backend.compileLoop
        ? WORTHWHILE_COMPILED
        : WORTHWHILE;
  if (time >= least) return undefined;
  return time === 1 ? '1 step is too few' : `${time} steps are too few`;
}
