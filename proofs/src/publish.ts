// Can it be published, and used from there? Releases a copy of the repository to a registry on this machine, and does with the
// packages what users do, on each Node and TypeScript: pnpm proof:publish
import { join } from 'node:path';
import { checkHelp, checkSample, trainOnSentence } from './publish/char-rnn.ts';
import { checkAbsent, checkOneCopy, copyProgram, installInto, runProgram } from './publish/consumer.ts';
import { type User, becomeUser, installNodes } from './publish/nodes.ts';
import { installRegistry, startRegistry, upstreamRegistry } from './publish/registry.ts';
import { publishedPackages, release } from './publish/release.ts';
import { Scoreboard } from './publish/scoreboard.ts';
import { sizes } from './publish/sizes.ts';
import {
  type Resolution,
  compile,
  compilers,
  installCompilers,
  resolutions,
  writeTypes,
} from './publish/typescript.ts';
import { argumentsOf } from './shared/arguments.ts';
import { cleanEnvironment, cloneRepository } from './shared/checkout.ts';
import { run } from './shared/execute.ts';
import { prose, today, writeResults } from './shared/results.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';

await argumentsOf({
  name: 'pnpm proof:publish',
  description:
    'Publishes a copy of the repository to a registry on this machine, and uses it from there on each Node and TypeScript.',
});

await inTemporaryFolder('publish', async (folder) => {
  const started = performance.now();
  const env = cleanEnvironment([]);
  console.log('Getting a copy of the repository, a registry, Nodes and compilers …');
  const [checkout, nodes] = await Promise.all([
    cloneRepository(join(folder, 'checkout')),
    installNodes(join(folder, 'nodes'), env),
    installRegistry(join(folder, 'registry'), env),
    installCompilers(join(folder, 'compilers'), env),
  ]);
  const registry = await startRegistry(join(folder, 'registry'), await upstreamRegistry(env), env);
  console.log('Versions, build, publish …');
  await release(checkout, registry);
  const packages = await publishedPackages(checkout, registry);
  console.log(`Using the ${packages.length} published packages …`);

  const onNodes = new Scoreboard('What a user does in an empty folder');
  const users = nodes.map((node) => becomeUser(join(folder, `user-${node.version}`), node, registry));
  for (const user of users) {
    await useCells(join(folder, `cells-${user.node.version}`), user, onNodes);
    await useCharRnn(join(folder, `char-rnn-${user.node.version}`), user, onNodes);
  }
  const last = users.at(-1)!;
  const types = new Scoreboard('Module resolution');
  await checkTypes(join(folder, `cells-${last.node.version}`), join(folder, 'compilers'), last, types);
  const sizeTable = await sizes(join(folder, 'sizes'), packages, last);

  for (const each of [onNodes.toString(), types.toString(), sizeTable]) console.log(`\n${each}`);
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
  const failures = onNodes.failures + types.failures;
  if (failures > 0) throw new Error(`\nFailed checks: ${failures}.`);
  const npm = (await run(last.npm[0], [last.npm[1], '--version'], { cwd: folder, env: last.env })).trim();
  await writeResults('publish', [
    '# Published, installed, run',
    prose(
      'In a copy of the repository, `changeset version`, a build and `changeset publish` to an empty registry on this machine; then what ' +
        'users do, in empty folders and with that registry as the only one. Packages of other authors come through it from the public one.',
    ),
    `${today()}, commit ${checkout.commit}, npm ${npm}, ${process.platform}-${process.arch}. Again: \`pnpm proof:publish\`.`,
    onNodes.toString(),
    prose(
      "The small program runs an LSTM and compares its outputs with the equations on plain numbers. It must not print anything, Node's " +
        'warnings included. The short training run learns one sentence from 150 steps; the sample must be that sentence.',
    ),
    '## Types',
    prose(
      'A program with a cell of its own, and with two mistakes that the compiler must find; `strict`, and declarations checked too ' +
        '(`skipLibCheck` off).',
    ),
    types.toString(),
    '## Sizes',
    prose(
      'Direct dependencies include the peers that npm installs. Installed is what `npm install` of the package alone brings, itself included.',
    ),
    sizeTable,
  ]);
});

async function useCells(folder: string, user: User, board: Scoreboard): Promise<void> {
  const check = (title: string, work: () => Promise<void>): Promise<boolean> =>
    board.check(title, `Node ${user.node.version}`, work);
  if (!(await check('`npm install @unroll/cells` alone', () => installInto(folder, ['@unroll/cells'], user)))) return;
  for (const file of ['equations.cjs', 'import.mjs', 'require.cjs', 'both.cjs']) copyProgram(folder, file);
  await check('the program, with `import`', () => runProgram(folder, 'import.mjs', user));
  await check('the program, with `require`', () => runProgram(folder, 'require.cjs', user));
  await check('both in one program: the same `Tensor` class', () => runProgram(folder, 'both.cjs', user));
  await check('`npm ls`: one copy of `@unroll/tensor`', () => checkOneCopy(folder, '@unroll/tensor', user));
  await check('nothing is there that only training needs', () => checkAbsent(folder, '@unroll/autograd'));
}

async function useCharRnn(folder: string, user: User, board: Scoreboard): Promise<void> {
  const check = (title: string, work: () => Promise<void>): Promise<boolean> =>
    board.check(title, `Node ${user.node.version}`, work);
  if (!(await check('`npm install @unroll/char-rnn`', () => installInto(folder, ['@unroll/char-rnn'], user)))) return;
  await check('`npx char-rnn --help`', () => checkHelp(folder, user));
  if (!(await check('`npx char-rnn train`, a short run', () => trainOnSentence(folder, user)))) return;
  await check('`npx char-rnn sample`: it writes what it learned', () => checkSample(folder, user));
}

async function checkTypes(folder: string, tools: string, user: User, board: Scoreboard): Promise<void> {
  writeTypes(folder);
  for (const version of compilers) {
    for (const resolution of Object.keys(resolutions) as Resolution[]) {
      await board.check(resolution, `TypeScript ${version}`, async () => {
        const { code, output } = await compile(folder, tools, version, resolution, user.env);
        if (code !== 0) throw new Error(output.trim());
      });
    }
  }
}
