// Stands in for vitest where that does not run: the conformance suites import it. Registers tests, and runs them when it is told to; the
// assertions are vitest's own.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  chai,
  setState,
} from '@vitest/expect';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const expect = (...args) => chai.expect(...args);
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
setState({ assertionCalls: 0, isExpectingAssertions: false, currentTestName: '' }, expect);

class Skipped extends Error {}

let suite = newSuite('', false);

function newSuite(name, isSkipped) {
  return { name, isSkipped, entries: [], before: [], after: [] };
}

function addSuite(name, register, isSkipped = false) {
  const outer = suite;
  suite = newSuite(name, isSkipped || outer.isSkipped);
  outer.entries.push(suite);
  try {
    register();
  } finally {
    suite = outer;
  }
}

function addTest(name, run, isSkipped = false) {
  suite.entries.push({ name, run, isSkipped: isSkipped || suite.isSkipped });
}

/** `describe` or `it`, with the two forms of each that the suites use. */
function registering(add) {
  const register = (name, run) => add(name, run);
  register.skipIf = (condition) => (name, run) => add(name, run, Boolean(condition));
  register.each = (rows) => (name, run) => {
    for (const row of rows) {
      const values = Array.isArray(row) ? row : [row];
      add(name.replace('%s', String(values[0])), (context) => run(...values, context));
    }
  };
  return register;
}

export const describe = registering(addSuite);
export const it = registering(addTest);
export const beforeAll = (hook) => suite.before.push(hook);
export const afterAll = (hook) => suite.after.push(hook);

/** Runs what was registered since the last call, in order. */
export async function runTests() {
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const tests = suite;
  suite = newSuite('', false);
  await runSuite(tests, '', counts);
  return counts;
}

async function runSuite({ name, entries, before, after }, path, counts) {
  const own = path === '' ? name : `${path} › ${name}`;
  for (const hook of before) await hook();
  for (const entry of entries) {
    if (entry.entries) await runSuite(entry, own, counts);
    else await runTest(entry, own, counts);
  }
  for (const hook of after) await hook();
}

async function runTest({ name, run, isSkipped }, path, counts) {
  const skip = (...args) => {
    if (typeof args[0] !== 'boolean' || args[0]) throw new Skipped();
  };
  try {
    if (isSkipped) throw new Skipped();
    await run({ skip });
    counts.passed++;
  } catch (error) {
    if (error instanceof Skipped) counts.skipped++;
    else {
      counts.failed++;
      counts.failures.push(`${path} › ${name}: ${error?.message ?? error}`.slice(0, 400));
    }
  }
}
