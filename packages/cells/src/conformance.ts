/** The suite that every cell must pass: `describeCell('MyCell', () => new MyCell(…))` inside vitest; and what there is to combine. */
export { describeCell, type DescribeCellOptions } from './conformance/describe-cell.ts';
export { everyCell, everyWrapper, type EveryCellOptions } from './conformance/every-cell.ts';
export { describeLoops, type DescribeLoopsOptions } from './conformance/describe-loops.ts';
