import { binarySuites } from './binary.ts';
import type { Suites } from './case.ts';
import { elementwiseSuites } from './elementwise.ts';
import { gatherSuites } from './gather.ts';
import { matmulSuites } from './matmul.ts';
import { movementSuites } from './movement.ts';
import { reduceSuites } from './reduce.ts';

/** Cases for every primitive. */
export const suites: Suites = {
  ...elementwiseSuites,
  ...binarySuites,
  ...matmulSuites,
  ...reduceSuites,
  ...movementSuites,
  ...gatherSuites,
};
