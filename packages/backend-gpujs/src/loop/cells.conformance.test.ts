import { describeLoops } from '@unroll/cells/conformance';
import { gpujs } from '../backend.ts';

// Each kernel takes milliseconds to compile: one wrapper in four, another one from cell to cell.
describeLoops('gpujs cpu', () => gpujs({ mode: 'cpu' }), { every: 4 });
describeLoops('gpujs webasm', () => gpujs({ mode: 'webasm' }), { every: 9 });
