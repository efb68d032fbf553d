import type { DType } from './buffer.ts';
import type { None, PrimitiveAttrs } from './primitives.ts';
import type { Shape } from './shape.ts';

/** What an equation of a loop computes: any primitive, and ops that make one value of all steps. */
export interface LoopAttrs extends PrimitiveAttrs {
  /** The value itself; derivatives stop here. */
  detach: None;
  /** Σₜ of the value and, within a step, over `axes`, which stay with length 1. */
  sumOverTime: { readonly axes: readonly number[] };
  /** Σₜ aₜ bₜ, computed as one product whose inner axis runs over all steps. */
  matmulOverTime: PrimitiveAttrs['matmul'];
  /** Σₜ scatterAdd(updatesₜ, indicesₜ), as one scatter. */
  scatterAddOverTime: PrimitiveAttrs['scatterAdd'];
  /** Σₜ of the value, added up while the loop runs. */
  accumulate: None;
}

/** The name of an op that a loop can hold. */
export type LoopOp = keyof LoopAttrs;

/** One op of a step; inputs and outputs are positions in `LoopProgram.values`. */
export type LoopEquation = {
  readonly [Op in LoopOp]: {
    readonly op: Op;
    readonly inputs: readonly number[];
    readonly attrs: LoopAttrs[Op];
    readonly outputs: readonly number[];
  };
}[LoopOp];

/** A value as it is in one step. */
export interface LoopValue {
  readonly shape: Shape;
  readonly dtype: DType;
  /** For people. */
  readonly label?: string;
}

/** What one step hands to the next. */
export interface LoopCarried {
  /** As the step finds it; before the first step, a given value. */
  readonly value: number;
  /** As the step leaves it. */
  readonly next: number;
}

/**
 * When the equations run. `once`: they depend on no step. `before`: they do not depend on what is carried, so they run over all
 * steps together, each value with a leading time axis. `loop`: once per step. `after`: over all steps together, when the loop has
 * ended. `totals`: what is made of sums over time, once.
 */
export type LoopPhase = 'once' | 'before' | 'loop' | 'after' | 'totals';

/**
 * A loop over time whose work has been sorted by when it can be done. Shapes are fixed, the number of steps is not. Plain data: it
 * survives JSON.
 */
export interface LoopProgram {
  /** Whether the steps run from the last to the first, as a derivative's do. */
  readonly reversed: boolean;
  readonly values: readonly LoopValue[];
  /** Scalars; written as text, since JSON has no infinities. */
  readonly constants: readonly { readonly value: number; readonly number: string }[];
  readonly inputs: {
    /** Given once for all steps: parameters, what an attention looks at. */
    readonly once: readonly number[];
    /** Given for each step. */
    readonly series: readonly number[];
  };
  readonly carried: readonly LoopCarried[];
  /** In an order in which they can run. */
  readonly phases: { readonly [Phase in LoopPhase]: readonly LoopEquation[] };
  readonly outputs: {
    readonly once: readonly number[];
    /** Wanted for each step. */
    readonly series: readonly number[];
    readonly totals: readonly number[];
  };
}
