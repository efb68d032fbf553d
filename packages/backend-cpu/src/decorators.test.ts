import { checkFinite, fillFrom, profile } from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import { cpu } from './backend.ts';

// float64 takes the same way through what wraps a backend.
const dtypes = ['float32', 'int32'] as const;

describeBackend('cpu, profiled', () => profile(cpu()), { dtypes });
describeBackend('cpu, checked for finite numbers', () => checkFinite(cpu()), { dtypes });
describeBackend(
  'cpu that borrows from cpu',
  () => {
    const { primitives: all, ...own } = cpu();
    const { matmul: _, sum: _sum, gather: _gather, scatterAdd: _scatter, argmax: _argmax, ...primitives } = all;
    return fillFrom({ ...own, primitives }, cpu());
  },
  { dtypes },
);
