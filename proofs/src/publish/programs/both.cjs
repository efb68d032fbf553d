// One program that both imports and requires must have one copy of the classes.
const required = require('@unroll/tensor');
const { compare } = require('./equations.cjs');

void import('@unroll/tensor').then(async (imported) => {
  if (imported.Tensor !== required.Tensor) throw new Error('import and require give two Tensor classes.');
  if (!(imported.tensor([1]) instanceof required.Tensor)) throw new Error('A tensor is of another class.');
  compare(await import('@unroll/cells'), required);
});
