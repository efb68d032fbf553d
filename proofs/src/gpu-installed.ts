// What a user gets: the packed packages and GPU.js, installed into an empty folder from the registry, in Node without a compiler and in a
// minified page under a policy that forbids eval: pnpm proof:gpu:installed
import assert from 'node:assert/strict';
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { argumentsOf } from './shared/arguments.ts';
import { cleanEnvironment, root } from './shared/checkout.ts';
import { GPU_FLAGS, requireChromium, visit } from './shared/chromium.ts';
import { run } from './shared/execute.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';

const packages = ['autograd', 'backend', 'backend-cpu', 'backend-gpujs', 'cells', 'layers', 'optim', 'tensor'];

interface Trained {
  readonly mode: string;
  readonly device: string;
  readonly losses: readonly number[];
}

await argumentsOf({
  name: 'pnpm proof:gpu:installed',
  description:
    'Installs the packed packages and GPU.js as users do, and trains in Node and in a page of Chromium. CHROMIUM_PATH names it.',
});

requireChromium();
await inTemporaryFolder('gpu-installed', async (folder) => {
  const env = cleanEnvironment([join(root, 'node_modules', '.bin')]);
  const user = join(folder, 'user');
  mkdirSync(user);
  const filters = packages.flatMap((name) => ['--filter', `@unroll/${name}`]);
  await run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], { cwd: root, env });
  const tarballs = globSync('*.tgz', { cwd: folder }).map((name) => join(folder, name));
  assert.equal(tarballs.length, packages.length);

  writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  const install = ['install', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', [...install, ...tarballs, 'gpu.js@2.24.1'], { cwd: user, env, timeout: 400 });
  console.log(`installed, with all that GPU.js brings: ${sizeOf(user)}`);
  const manifest = JSON.parse(readFileSync(join(user, 'package.json'), 'utf8')) as object;
  const overrides = { 'gpu.js': { webgpu: 'npm:empty-npm-package@1.0.0' } };
  writeFileSync(join(user, 'package.json'), JSON.stringify({ ...manifest, overrides }));
  await run('rm', ['-r', 'node_modules', 'package-lock.json'], { cwd: user, env });
  await run('npm', install, { cwd: user, env, timeout: 400 });
  console.log(`installed, with the override of the guide: ${sizeOf(user)}`);

  cpSync(fileURLToPath(new URL('gpu/installed', import.meta.url)), user, { recursive: true });
  const expected = await trainInNode('cpu');
  agrees('webasm', await trainInNode('webasm'), expected);
  await assert.rejects(trainInNode('webgl2'), /NOT_AVAILABLE|no WebGL 2 outside of browsers/);

  const site = join(folder, 'site');
  await build({ root: user, logLevel: 'error', build: { outDir: site, modulePreload: false } });
  const policy = { 'content-security-policy': "default-src 'self'; script-src 'self'" };
  const { result, bytes } = await visit(site, policy, GPU_FLAGS);
  assert.equal(result['error'], undefined);
  console.log(`page: ${(bytes.plain / 1024).toFixed(0)} KiB minified, ${(bytes.gzip / 1024).toFixed(0)} KiB gzip`);
  for (const mode of ['webgl2', 'webgpu']) {
    const trained = result[mode] as Trained | string;
    if (typeof trained === 'string') console.log(`${mode} is not there: ${trained}`);
    else agrees(mode, trained, expected);
  }

  async function trainInNode(mode: string): Promise<Trained> {
    return JSON.parse(await run('node', ['train.mjs', mode], { cwd: user, env })) as Trained;
  }
});

function agrees(mode: string, { mode: got, device, losses }: Trained, expected: Trained): void {
  assert.equal(got, mode);
  assert.equal(losses.length, expected.losses.length);
  const farthest = Math.max(...losses.map((loss, i) => Math.abs(loss - expected.losses[i]!)));
  assert.ok(farthest < 1e-5, `${mode}: losses are ${farthest} from those in mode cpu`);
  console.log(
    `ok: ${mode} on ${device}: ${losses.length} losses within ${farthest.toExponential(1)} of those in mode cpu`,
  );
}

function sizeOf(folder: string): string {
  const files = globSync('node_modules/**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + readFileSync(join(file.parentPath, file.name)).length, 0);
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
