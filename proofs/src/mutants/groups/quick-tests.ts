/**
 * The tests of cells and of what runs them along time, without the product of every cell with every wrapper in every architecture:
 * that takes minutes, and there are many mistakes.
 */
export const quickTests: readonly string[] = [
  'packages/cells/src/cells.test',
  'packages/cells/src/golden.test',
  'packages/cells/src/scan/',
  'packages/cells/src/variants/',
  'packages/cells/src/wrappers/',
  'packages/architectures/src/golden.test',
  'packages/architectures/src/layers.test',
];
