// Runs every program in examples/ on the built packages. Needs a build.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { execute, mapConcurrently } from './execute.ts';
import { report } from './report.ts';
import { hostNode, root } from './workspace.ts';

const hooks = new URL('typescript-hooks.mjs', import.meta.url).href;
const cwd = join(root, 'examples');
const examples = globSync('*.ts', { cwd })
  .filter((file) => !file.endsWith('.test.ts'))
  .toSorted();

const problems = await mapConcurrently(examples, async (file) => {
  const start = performance.now();
  const { code, output } = await execute(hostNode, ['--enable-source-maps', '--import', hooks, file], { cwd });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`examples/${file}: ${code === 0 ? 'ok' : 'failed'} in ${seconds} s`);
  return code === 0 ? [] : [`examples/${file}:\n${output}`];
});
report(`examples (${examples.length})`, problems.flat());
