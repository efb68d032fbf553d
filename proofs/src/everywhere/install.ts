import { cpSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { root } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';

const source: string = fileURLToPath(new URL('..', import.meta.url));

/** Packs the packages and installs them into the folder of a user, with vitest's assertions and GPU.js. */
export async function installPackages(folder: string, user: string, env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(user, { recursive: true });
  const filters = ['--filter', './packages/*', '--filter', './apps/*'];
  await run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], { cwd: root, env });
  const tarballs = globSync('*.tgz', { cwd: folder })
    .filter((name) => !name.includes('app-kit'))
    .map((name) => join(folder, name));
  cpSync(join(source, 'everywhere', 'vitest'), join(folder, 'vitest'), { recursive: true });
  writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  const others = [join(folder, 'vitest'), '@vitest/expect@5.1.0', 'gpu.js@2.24.1'];
  const options = ['--install-links', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...options, ...tarballs, ...others], { cwd: user, env, timeout: 400 });
}

/** Builds the program in the folder of a user: `built/main.js` and `built/make.js`, which import what is installed, and a page, which brings it. */
export async function buildPrograms(user: string, site: string): Promise<void> {
  for (const part of ['everywhere/program', 'shared/char-lm.ts', 'shared/toy-text.ts']) {
    cpSync(join(source, part), join(user, part), { recursive: true });
  }
  const program = join(user, 'everywhere', 'program');
  await build({
    root: user,
    logLevel: 'warn',
    ssr: { external: true, target: 'node' },
    build: {
      ssr: true,
      outDir: join(user, 'built'),
      target: 'es2023',
      rolldownOptions: { input: { main: join(program, 'main.ts'), make: join(program, 'make.ts') } },
    },
  });
  await build({
    root: program,
    logLevel: 'error',
    build: { outDir: site, emptyOutDir: true, modulePreload: false, target: 'es2023', chunkSizeWarningLimit: 4000 },
  });
}
