import { describeLoops } from '@unroll/cells/conformance';
import { gpujs } from '../backend.ts';

describeLoops('gpujs cpu', () => gpujs({ mode: 'cpu' }));
