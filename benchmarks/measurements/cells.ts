import { customCells } from '../custom-cells.ts';
import { figure } from '../markdown.ts';
import { report } from './measurement.ts';

const rows = await customCells();
report({
  heading: 'Cells',
  text:
    'No cell has a kernel of its own, only a `step`: first some as a user writes them, then those of the package, on the shape of W1. Loss and ' +
    'gradients, processor time. **Time per product** is that per multiplication of the matrix products, as a multiple of that of the LSTM. ' +
    '**Besides** is what is left of the time if a multiplication takes what it takes in one large product: elementwise work, the loss, what ' +
    'is around the run. A cell with few products for each number that it makes has that to carry with them: the last five have none within ' +
    'the loop, and an IndRNN multiplies a sixteenth as often as an LSTM for the same number of outputs. For these, **at least** is the ' +
    'time per product of what can’t be left out: the products at the rate of a large one, the sigmoids and tanhs of the loop ' +
    'forwards, and each array of all steps moved once by whatever writes or reads it, at the rate at which this machine moved ' +
    'arrays in the same minutes. No other arithmetic is in it, nor any JavaScript.',
  header: ['cell', 'ms', 'products', 'time per product', 'at least', 'ms besides'],
  rows: rows.map(({ cell, cpu, products, perProduct, rest, least }) => [
    cell,
    figure(cpu),
    figure(products),
    figure(perProduct),
    figure(least),
    figure(rest),
  ]),
});
