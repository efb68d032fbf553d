const { compare } = require('./equations.cjs');

compare(require('@unroll/cells'), require('@unroll/tensor'));
