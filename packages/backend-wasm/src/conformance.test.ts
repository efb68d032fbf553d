import { describeBackend } from '@unroll/backend/conformance';
import { wasm } from './backend.ts';

describeBackend('wasm', () => wasm({ relaxedSimd: false }), { report: true });
