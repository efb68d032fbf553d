/** What tests of other packages in this repository need: not published. */
export { traced } from './scan/traced.ts';
export type { LoopPolicy } from './scan/phases.ts';
export { ComposedCell, composedOps } from './conformance/composed-cell.ts';
export { RandomCell, type RandomCellOptions, type Sizes } from './conformance/random-cell.ts';
export {
  expectSame,
  expectSameSolution,
  isInOneOrder,
  type Problem,
  problem,
  type Run,
  type Solution,
  solve,
} from './conformance/random-problem.ts';
