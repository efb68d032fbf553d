import type { Backend } from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import { GruCell, LstmCell } from '@unroll/cells';
import { describeCell, describeLoops } from '@unroll/cells/conformance';
import { Rng, setBackend } from '@unroll/tensor';
import * as vitest from 'vitest';
import type { Conformance } from './findings.ts';

const { runTests } = vitest as typeof vitest & { runTests: () => Promise<Conformance> };

/** Every primitive and whole op of a backend, two cells on it, and every cell in its compiled loops if it has any. */
export async function checkConformance(backend: Backend): Promise<Conformance> {
  setBackend(backend);
  describeBackend(backend.name, () => backend);
  describeCell('LstmCell', () => new LstmCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(2) }));
  describeCell('GruCell', () => new GruCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(3) }));
  if (backend.compileLoop) describeLoops(backend.name, () => backend);
  const { failures, ...counts } = await runTests();
  return { ...counts, failures: failures.slice(0, 10) };
}
