/** The suite that every cell must pass: `describeCell('MyCell', () => new MyCell(…))` inside vitest. */
export { describeCell, type DescribeCellOptions } from './conformance/describe-cell.ts';
