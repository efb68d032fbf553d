import { customCells } from '../custom-cells.ts';
import { figure } from '../markdown.ts';
import { report } from './measurement.ts';

const rows = await customCells();
report({
  heading: 'Cells',
  text:
    'No cell has a kernel of its own, only a `step`: first some as a user writes them, then those of the package, on the shape of W1. Loss and ' +
    'gradients, processor time. The last column is the time per multiplication of the matrix products, as a multiple of that of the LSTM.',
  header: ['cell', 'ms', 'products', 'time per product'],
  rows: rows.map(({ cell, cpu, products, perProduct }) => [cell, figure(cpu), figure(products), figure(perProduct)]),
});
