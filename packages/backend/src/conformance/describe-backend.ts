import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Backend } from '../backend.ts';
import type { Primitive } from '../primitives.ts';
import { primitiveNames } from '../signatures.ts';
import { type FusedOp, fusedNames } from '../fused.ts';
import { ALL, FLOATS, type Scope } from './case.ts';
import { checkCase } from './check.ts';
import { FUSED_TOLERANCES, checkFused, checkTargets } from './check-fused.ts';
import { type Property, contract } from './contract.ts';
import type { ConformanceOptions } from './options.ts';
import { fusedSuites } from './fused.ts';
import type { Errors } from './compare.ts';
import { ConformanceReport, type ReportCase } from './report.ts';
import { suites } from './suites.ts';
import { defaultTolerance } from './tolerance.ts';

const NO_KERNEL = 'no kernel: runs on the primitives';

/**
 * Registers vitest tests that hold a backend to the contract: every primitive in every dtype against a reference, on shapes
 * of every kind, the whole ops that it has a kernel for, and what `Backend` promises about memory and order. `make` is called once.
 */
export function describeBackend(
  name: string,
  make: () => Backend | Promise<Backend>,
  options: ConformanceOptions = {},
): void {
  const { dtypes = ALL, special = {}, skips = {}, every = 1 } = options;
  const report = new ConformanceReport({ name });
  for (const [skipped, reason] of Object.entries(skips)) report.skip(skipped, reason);
  let backend: Backend;
  let leftOut = 0;

  describe(`${name} conforms`, () => {
    beforeAll(async () => {
      backend = await make();
    });

    for (const primitive of primitiveNames) {
      const reason = skips[primitive];
      describe.skipIf(reason !== undefined)(withReason(primitive, reason), () => {
        for (const dtype of suites[primitive].dtypes) {
          if (dtypes.includes(dtype)) register(primitive, { dtype, dtypes, special });
        }
      });
    }

    describe('whole ops', () => {
      for (const op of fusedNames) registerFused(op);
    });

    describe('contract', () => {
      for (const property of Object.keys(contract) as Property[]) {
        const reason = skips[property];
        // oxlint-disable-next-line vitest/expect-expect -- the properties hold the assertions
        it.skipIf(reason !== undefined)(withReason(property, reason), () => contract[property](backend));
      }
    });

    afterAll(() => {
      for (const op of fusedNames) {
        if (skips[op] === undefined && !backend?.fused?.[op]) report.skip(op, NO_KERNEL);
      }
      if (leftOut > 0) report.skip(`${leftOut} cases`, `one in ${every} of each op and dtype runs`);
      options.onReport?.(report);
      if (options.report) console.log(report.toString());
    });
  });

  /** Failures belong to the report too. */
  async function reported(about: Omit<ReportCase, keyof Errors>, check: () => Promise<Errors>): Promise<void> {
    try {
      report.add({ ...about, ...(await check()) });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      report.add({ ...about, worst: Infinity, used: Infinity, failure });
      throw error;
    }
  }

  /** Those cases that run. */
  function chosen<T>(cases: readonly T[]): readonly T[] {
    const kept = cases.filter((_, i) => i % every === 0);
    leftOut += cases.length - kept.length;
    return kept;
  }

  function register(primitive: Primitive, scope: Scope): void {
    for (const example of chosen(suites[primitive].cases(scope))) {
      const tolerance = options.tolerances?.[primitive]?.[scope.dtype] ?? defaultTolerance(primitive, scope.dtype);
      const about = { op: primitive, dtype: scope.dtype, title: example.title, tolerance };
      it(`${primitive} ${scope.dtype} ${example.title}`, () =>
        reported(about, () => checkCase(backend, primitive, scope, example, options.tolerances)));
    }
  }

  /** One test with all cases: whether there is a kernel shows when the backend is made, and one reason is enough. */
  function registerFused(op: FusedOp): void {
    const reason = skips[op];
    const scopes = FLOATS.filter((dtype) => dtypes.includes(dtype)).map((dtype): Scope => ({ dtype, dtypes, special }));
    const cases = scopes.flatMap((scope) => chosen(fusedSuites[op](scope)).map((example) => ({ scope, example })));
    // oxlint-disable-next-line vitest/expect-expect -- the checks hold the assertions
    it.skipIf(reason !== undefined)(withReason(op, reason), async ({ skip }) => {
      skip(!backend.fused?.[op], NO_KERNEL);
      const failures: string[] = [];
      const check = async (title: string, run: () => unknown): Promise<void> => {
        try {
          await run();
        } catch (error) {
          failures.push(`${title}: ${error instanceof Error ? error.message : String(error)}`);
        }
      };
      for (const { scope, example } of cases) {
        const { dtype } = scope;
        const about = { op, dtype, title: example.title, tolerance: FUSED_TOLERANCES[dtype] };
        await check(`${dtype} ${example.title}`, () => reported(about, () => checkFused(backend, op, scope, example)));
      }
      if (op === 'crossEntropy' || op === 'crossEntropyWithGradient' || op === 'crossEntropyMean') {
        await check('a target that is out of range', () => checkTargets(backend, op));
      }
      if (failures.length > 0) throw new Error(`${failures.length} of ${cases.length} cases:\n${failures.join('\n')}`);
    });
  }
}

function withReason(name: string, reason: string | undefined): string {
  return reason === undefined ? name : `${name} (skipped: ${reason})`;
}
