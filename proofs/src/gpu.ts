// The same tests of the GPU in every mode, here and now: pnpm proof:gpu [--mode webgl2,headlessgl …]
// Modes: cpu, webasm (Node), webgl2, webgpu (Chromium), headlessgl (Node, xvfb-run), dawn (WebGPU in Node). All by default; with --mode the
// page docs/results/gpu.md is not written.
import { join } from 'node:path';
import { type Findings, findingsIn } from './gpu/findings.ts';
import { type Outcome, writePage } from './gpu/page.ts';
import { type Place, type Start, places } from './gpu/places.ts';
import { argumentsOf, namesOf } from './shared/arguments.ts';
import { root } from './shared/checkout.ts';
import { execute } from './shared/execute.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';

const modes = places.map(({ name }) => name);
const given = await argumentsOf({
  name: 'pnpm proof:gpu',
  description: 'Runs the same tests of the GPU in every mode that can be had here.',
  options: { mode: `Some of them, with commas between; no page is written: ${modes.join(', ')}. Default: all.` },
});
const chosen = namesOf(given, 'mode', modes);

await inTemporaryFolder('gpu', async (folder) => {
  const outcomes: Outcome[] = [];
  // What has to be installed or compiled gets ready while tests run elsewhere.
  const prepared = places
    .filter(({ name }) => chosen.includes(name))
    .map((place) => ({ place, ready: settled(place.prepare(join(folder, place.name))) }));
  for (const { place, ready } of prepared) {
    const start = (await ready)();
    const began = performance.now();
    const findings = typeof start === 'string' ? start : await runIn(place, start, join(folder, place.name));
    const seconds = (performance.now() - began) / 1000;
    outcomes.push({ place, findings, seconds });
    console.log(`${place.title}: ${said(findings)} (${seconds.toFixed(0)} s)`);
    if (typeof findings !== 'string') for (const failure of findings.failures.slice(0, 20)) console.log(`  ${failure}`);
  }
  // One place after the other, when nothing else of the proof runs any more.
  for (const [i, { place, ready }] of prepared.entries()) {
    const [start, outcome] = [(await ready)(), outcomes[i]!];
    if (typeof start === 'string' || typeof outcome.findings === 'string') continue;
    const { figures, failed, failures } = await runIn(place, inSpeed(start), join(folder, `${place.name}-speed`));
    console.log(`${place.title}: ${JSON.stringify(figures['speed'])}`);
    const findings = {
      ...outcome.findings,
      figures: { ...outcome.findings.figures, ...figures },
      failed: outcome.findings.failed + failed,
    };
    for (const failure of failures) console.log(`  ${failure}`);
    outcomes[i] = { ...outcome, findings };
  }
  if (given['mode'] === undefined) await writePage(outcomes);
  const failed = outcomes.filter(({ findings }) => typeof findings !== 'string' && findings.failed > 0);
  if (failed.length > 0) throw new Error(`Tests failed in: ${failed.map(({ place }) => place.name).join(', ')}.`);
});

/** What a promise gives, or fails with, when it is asked for. */
async function settled<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The same place, to be timed. */
function inSpeed({ command, args, env }: Start): Start {
  return { command, args: [...args, 'speed.gpu'], env: { ...env, UNROLL_GPU_SPEED: '1' } };
}

/** What the tests found. */
async function runIn(place: Place, start: Start, folder: string): Promise<Findings> {
  const file = `${folder}.json`;
  const args = [...start.args, '--reporter=json', `--outputFile.json=${file}`];
  const { code, output } = await execute(start.command, args, { cwd: root, env: start.env, timeout: 3600 });
  try {
    return findingsIn(file);
  } catch {
    throw new Error(`${place.title}: the tests did not start (${code}):\n${output.trim().slice(-2000)}`);
  }
}

function said(findings: Findings | string): string {
  if (typeof findings === 'string') return `not run: ${findings}`;
  const { device, missing, passed, failed, skipped } = findings;
  return `${missing ? `missing: ${missing}` : device}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}
