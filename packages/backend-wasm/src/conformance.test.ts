import { describeBackend } from '@unroll/backend/conformance';
import { wasm } from './wasm.ts';

describeBackend('wasm', () => wasm({ relaxedSimd: false }), { report: true });
