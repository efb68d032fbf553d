import { describeBackend } from '@unroll/backend/conformance';
import { LstmCell } from '@unroll/cells';
import { describeCell } from '@unroll/cells/conformance';
import { Rng, setBackend } from '@unroll/tensor';
import { strided } from './strided.ts';

describeBackend('strided', strided, { report: true });

setBackend(strided());
describeCell('LstmCell on strided', () => new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) }));
