import { describeBackend } from '@unroll/backend/conformance';
import { wasm } from './wasm.ts';

describeBackend('wasm with 2 threads', () => wasm({ relaxedSimd: false, threads: 2 }), { report: true });
