import type { LoopEquation } from '@unroll/backend';
import type { Dimensions } from '../matmul/index.ts';
import type { Elements } from './elements.ts';
import { type LoopKernel, kernelText, threadOver } from './kernel-text.ts';
import { along, shifted, times } from './position.ts';
import type { StepGraph } from './step-graph.ts';

/** A product of a step by something that is the same in all steps, computed by tiles and not in the kernel that wants it. */
export interface TiledProduct {
  readonly dimensions: Dimensions;
  readonly equation: LoopEquation & { readonly op: 'matmul' };
  /** The right operand, which is packed once for all steps. */
  readonly right: number;
}

/** Multiplications from which on tiles save more than they cost: two more kernels a step. */
const WORTH_TILES = 2 ** 18;

/** The products of a step that are worth it, by their values. */
export function tiledProducts(
  graph: StepGraph,
  canTile: (dimensions: Dimensions) => boolean,
): ReadonlyMap<number, TiledProduct> {
  const found = new Map<number, TiledProduct>();
  for (const [value, { equation }] of graph.definitions) {
    if (equation.op !== 'matmul' || graph.shapeOf(value).length !== 2) continue;
    const { transposeA, transposeB } = equation.attrs;
    const right = unnamed(graph, equation.inputs[1]!);
    if (graph.isMade(right) || graph.isSeries(right) || graph.isCarried(right)) continue;
    const [m, n] = graph.shapeOf(value) as [number, number];
    const k = graph.shapeOf(equation.inputs[0]!)[transposeA ? 0 : 1]!;
    const dimensions = { batch: 1, m, k, n, transposeA, transposeB };
    if (m < 2 || k % 4 !== 0 || m * k * n < WORTH_TILES || !canTile(dimensions)) continue;
    found.set(value, { dimensions, equation, right });
  }
  return found;
}

/** The kernel that packs the left operand, as `packLeft` does; the operand need not lie anywhere as such. */
export function packingKernel(
  { dimensions: { m, k, transposeA }, equation }: TiledProduct,
  elements: Elements,
  vectors: boolean,
): LoopKernel {
  const { width, rows, row, column } = threadOver([m, k / 4]);
  const results = [0, 1, 2, 3].map((i) => {
    const inner = shifted(times(along(column), 4), i);
    return elements.element(equation.inputs[0]!, transposeA ? [inner, along(row)] : [along(row), inner]);
  });
  return kernelText({ name: 'loop pack', width, rows, results, vectors });
}

function unnamed(graph: StepGraph, value: number): number {
  const equation = graph.definitions.get(value)?.equation;
  return equation?.op === 'detach' ? unnamed(graph, equation.inputs[0]!) : value;
}
