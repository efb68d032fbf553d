// Would the tests notice? Makes one mistake at a time in a copy of the repository and runs the tests on it. Fails if a mistake is
// not noticed: pnpm proof:mutants
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups } from './mutants/groups.ts';
import { mutate } from './mutants/mutation.ts';
import { type FailedTest, runTests } from './mutants/run-tests.ts';
import { argumentsOf } from './shared/arguments.ts';
import { type Checkout, cloneRepository } from './shared/checkout.ts';
import { prose, table, today, writeResults } from './shared/results.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';

interface Outcome {
  readonly mistake: string;
  readonly where: string;
  readonly failed: readonly FailedTest[];
  readonly total: number;
}

await argumentsOf({
  name: 'pnpm proof:mutants',
  description: 'Makes one mistake at a time in a copy of the repository, and fails if the tests do not notice it.',
});

await inTemporaryFolder('mutants', async (folder) => {
  const started = performance.now();
  const checkout = await cloneRepository(folder);
  checkThatAllApply(checkout);
  await checkThatTestsPass(checkout);
  const outcomes: Outcome[] = [];
  for (const { tests, mutations } of groups) {
    for (const mutation of mutations) {
      const outcome = await withMutant(checkout, mutation, async () => {
        const { failed, total } = await runTests(checkout, tests);
        return { mistake: mutation.mistake, where: packageOf(mutation.file), failed, total };
      });
      console.log(`${outcome.failed.length > 0 ? 'noticed ' : 'SURVIVED'} ${outcome.mistake} (${outcome.where})`);
      outcomes.push(outcome);
    }
  }
  await report(outcomes, checkout.commit);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
});

/** Before minutes are spent: a mutation whose text is gone stops the proof. */
function checkThatAllApply({ folder }: Checkout): void {
  const problems = groups.flatMap(({ mutations }) =>
    mutations.flatMap((mutation) => {
      try {
        mutate(readFileSync(join(folder, mutation.file), 'utf8'), mutation);
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    }),
  );
  if (problems.length > 0) throw new Error(`These mutations must follow the code:\n\n${problems.join('\n\n')}`);
}

/** Otherwise a failed test would say nothing about a mutant. */
async function checkThatTestsPass(checkout: Checkout): Promise<void> {
  const all = new Set(groups.flatMap(({ tests }) => tests));
  const { failed, total } = await runTests(checkout, [...all]);
  const described = failed.map(({ name, message }) => `${name}\n${message}`);
  if (failed.length > 0) throw new Error(`Without a mistake there are failed tests:\n\n${described.join('\n\n')}`);
  console.log(`Without a mistake: all ${total} tests pass.`);
}

async function withMutant<T>(
  { folder }: Checkout,
  mutation: (typeof groups)[0]['mutations'][0],
  work: () => Promise<T>,
): Promise<T> {
  const file = join(folder, mutation.file);
  const original = readFileSync(file, 'utf8');
  writeFileSync(file, mutate(original, mutation));
  try {
    return await work();
  } catch (error) {
    throw new Error(`"${mutation.mistake}": ${(error as Error).message}`, { cause: error });
  } finally {
    writeFileSync(file, original);
  }
}

async function report(outcomes: readonly Outcome[], commit: string): Promise<void> {
  const rows = outcomes.map(({ mistake, where, failed, total }) => [
    where,
    mistake,
    String(failed.length),
    String(total),
    failed[0]?.name ?? 'SURVIVED',
  ]);
  const results = table(['Package', 'Mistake', 'Failed', 'Tests', 'For example'], rows, ['Failed', 'Tests']);
  console.log(`\n${results}`);
  const survivors = outcomes.filter(({ failed }) => failed.length === 0);
  if (survivors.length > 0) throw new Error(`\n${survivors.length} of ${outcomes.length} mistakes were not noticed.`);
  await writeResults('mutants', [
    '# Would the tests notice?',
    prose(
      `Each line is a mistake that was made on purpose, alone, in a copy of the repository; tests then ran on it: those of its package, for cells ` +
        `those of architectures too, for training those that are quick. All ${outcomes.length} were noticed. Without a mistake all tests pass.`,
    ),
    `${today()}, commit ${commit}, Node ${process.versions.node}. Again: \`pnpm proof:mutants\`.`,
    results,
  ]);
}

/** packages/cells/src/lstm.ts → cells */
function packageOf(file: string): string {
  return file.split('/')[1]!;
}
