// Does it run everywhere? Packs the packages, and runs the same program on them in Node, Bun, Deno, and in pages of Chromium, Firefox
// and WebKit; what comes out is held to the running Node, to the bit: pnpm proof:everywhere [--only Bun,Firefox]
// Installs Debian's browsers where they are missing and it may (as root, with apt). With --only docs/results/everywhere.md is not written.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeApps, useApps } from './everywhere/apps.ts';
import { Board } from './everywhere/board.ts';
import { findBrowsers } from './everywhere/browsers.ts';
import { judge, judgeNotIsolated } from './everywhere/judge.ts';
import { buildPrograms, installPackages } from './everywhere/install.ts';
import { writePage } from './everywhere/page.ts';
import type { Findings } from './everywhere/program/findings.ts';
import { type Runtime, installRuntimes, runOn } from './everywhere/runtimes.ts';
import { argumentsOf } from './shared/arguments.ts';
import { cleanEnvironment, root } from './shared/checkout.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';
import { visitWith } from './shared/visit.ts';

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const DEADLINE = 600;

const given = await argumentsOf({
  name: 'pnpm proof:everywhere',
  description:
    'Runs the same program on the packed packages in Node, Bun, Deno and browsers, and compares what comes out, to the bit.',
  options: { only: 'Some of the engines, with commas between, as Bun,Firefox; no page is written. Default: all.' },
});
const only = given['only']?.split(',');

await inTemporaryFolder('everywhere', async (folder) => {
  const env = cleanEnvironment([join(root, 'node_modules', '.bin')]);
  const [user, site] = [join(folder, 'user'), join(folder, 'site')];
  console.log('Getting packages and engines …');
  await installPackages(folder, user, env);
  await buildPrograms(user, site);
  const found = [...(await installRuntimes(folder, env)), ...findBrowsers()];
  const unknown = only?.filter((name) => !found.some((each) => each.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`--only ${unknown.join()}: there are ${found.map(({ name }) => name).join(', ')}.`);
  }

  // The last of the Nodes runs this; the others are held to it.
  const reference = found.find((each) => 'command' in each && each.version === process.versions.node) as Runtime;
  const model = join(site, 'model.safetensors');
  await runOn(reference, ['built/make.js', model], user, env);
  const expected = await runProgram(reference);
  let expectedApps: Readonly<Record<string, string>> | undefined;

  const board = new Board();
  for (const engine of found) {
    if (only && !only.includes(engine.name)) continue;
    const start = performance.now();
    if ('reason' in engine) board.absent.push(engine);
    else if ('command' in engine) {
      const column = board.engine(engine.name, engine.version);
      judge(engine === reference ? expected : await runProgram(engine), expected, column, board);
      expectedApps ??= await useApps(reference, user, newFolder(), env);
      judgeApps(await useApps(engine, user, newFolder(), env), expectedApps, column, board);
    } else {
      const column = board.engine(engine.name, engine.version, engine.settings);
      const { result } = await visitWith(engine.open, site, ISOLATION, DEADLINE);
      judge(result as object as Findings, expected, column, board);
      const { result: plain } = await visitWith(engine.open, site, {}, DEADLINE);
      judgeNotIsolated(plain, expected, column, board);
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${engine.name}: ${'reason' in engine ? engine.reason : `${engine.version}, ${seconds} s`}`);
  }
  console.log(`\n${board.table()}\n`);
  for (const line of board.remarks) console.log(line);
  if (only === undefined) await writePage(board);
  if (board.failures.length > 0) throw new Error(`\nFailed:\n${board.failures.join('\n')}`);

  function newFolder(): string {
    return mkdtempSync(join(folder, 'files-'));
  }

  async function runProgram(runtime: Runtime): Promise<Findings> {
    const own = newFolder();
    const output = join(own, 'findings.json');
    await runOn(runtime, ['built/main.js', model, own, output], user, env);
    return JSON.parse(readFileSync(output, 'utf8')) as Findings;
  }
});
