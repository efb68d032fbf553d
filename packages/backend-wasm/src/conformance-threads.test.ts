import { describeBackend } from '@unroll/backend/conformance';
import { engine } from './engine.ts';
import { wasmOn } from './wasm.ts';

describeBackend('wasm with 2 threads', () => wasmOn(engine(), { relaxedSimd: false, threads: 2, leastWork: 0 }), {
  report: true,
});
