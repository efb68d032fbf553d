/** Derivatives: one table, one walk back. */
export { valueAndGrad, valueAndGradWithAux, type ValueAndGrads, type Differentiable } from './value-and-grad.ts';
export { gradientCheck, type GradientCheckOptions } from './gradient-check.ts';
export { vjps, type PrimitiveVjp, type VjpContext } from './vjps.ts';
export { Tape, vjp } from './tape.ts';
