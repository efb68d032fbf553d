import { figure } from '../markdown.ts';
import { stepOverhead } from '../step-overhead.ts';
import { report } from './measurement.ts';

const columns = await stepOverhead(9);
const share = (part: number, total: number): string => `${figure(part)} (${((100 * part) / total).toFixed(1)} %)`;
const kinds = [...columns[0]!.byKind.keys()];
report({
  heading: 'Where a training step goes',
  text:
    'W1 with clipping under the sampling profiler of the engine, milliseconds by kind of work: with the backend’s kernels for whole ops ' +
    '(loss, optimizer, clipping), and with these on the primitives. What is neither a matrix product nor the loop over time is the overhead ' +
    'of tape, loss, clipping and optimizer together.',
  header: ['', ...columns.map(({ name }) => name)],
  rows: [
    ...kinds.map((kind) => [kind, ...columns.map(({ byKind, total }) => share(byKind.get(kind)!, total))]),
    ['a whole step', ...columns.map(({ total }) => share(total, total))],
    ['outside of products and loop', ...columns.map(({ outside, total }) => share(outside, total))],
  ],
});
