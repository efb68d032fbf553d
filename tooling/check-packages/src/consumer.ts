import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execute, mapConcurrently } from './execute.ts';
import { packAll, publishedPackages, root, type Manifest } from './workspace.ts';

/** Makes a new npm project in `folder` that has every published package installed from its tarball. */
export async function createConsumer(folder: string): Promise<void> {
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  const [thirdParty, own] = [await packThirdParty(tarballs), await packAll(tarballs)];
  const packed = new Map([...thirdParty, ...own]);
  writeJson(join(folder, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...packed].map(([name, file]) => [name, `file:${file}`])),
    // Whoever asks for one of these gets that tarball too.
    overrides: Object.fromEntries([...thirdParty].map(([name]) => [name, `$${name}`])),
  });
  // What is optional to gpu.js is compiled for minutes where npm finds it in its cache, and fails elsewhere: nothing here needs it.
  const { code, output } = await execute(
    'npm',
    ['install', '--no-audit', '--no-fund', '--offline', '--omit=optional', '--loglevel=error'],
    {
      cwd: folder,
    },
  );
  if (code !== 0) throw new Error(`npm install of the tarballs failed:\n${output}`);
}

/** Where in the project a package is installed: more than one place means two copies in one program. */
export function copies(folder: string, name: string): readonly string[] {
  return globSync(`node_modules/**/${name}/package.json`, { cwd: folder }).map((file) => dirname(file));
}

/** Gives the project packages of this checkout that a reader of a README may have: type declarations, test runners. */
export function linkDevelopmentPackages(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), link, 'junction');
  }
}

/**
 * Tarballs of all packages from elsewhere that the published ones declare, directly or through each other. npm takes
 * them from this checkout, so that the check needs no network. What this workspace leaves out of theirs is empty there.
 */
async function packThirdParty(destination: string): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  const visit = (from: string, { dependencies, peerDependencies, peerDependenciesMeta }: Manifest): void => {
    const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true);
    for (const name of [...Object.keys(dependencies ?? {}), ...peers]) {
      if (name.startsWith('@unroll/') || folders.has(name)) continue;
      const folder = find(name, from) ?? emptyInstead(name, from, join(destination, 'empty'));
      folders.set(name, folder);
      visit(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest);
    }
  };
  for (const { folder, manifest } of publishedPackages()) visit(folder, manifest);

  const tarballs = await mapConcurrently([...folders], async ([name, folder]) => {
    const file = join(destination, `${name.replace('/', '-')}.tgz`);
    // The name of the outer folder does not matter to npm.
    const args = ['-czf', file, '--exclude=node_modules', '-C', dirname(folder), basename(folder)];
    const { code, output } = await execute('tar', args, { cwd: destination });
    if (code !== 0) throw new Error(`tar of ${folder} failed:\n${output}`);
    return [name, file] as const;
  });
  return new Map(tarballs);
}

/** The package `name` as code in `folder` would find it. */
function find(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (at === dirname(at)) return undefined;
  }
}

/** A package with nothing in it, for one that pnpm-workspace.yaml takes away from another: `gpu.js>webgpu: '-'`. */
function emptyInstead(name: string, from: string, parent: string): string {
  const settings = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  if (!settings.includes(`>${name}: '-'\n`)) throw new Error(`${name} is not installed for ${from}`);
  const folder = join(parent, name.replace('/', '-'));
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'package.json'), { name, version: '0.0.0' });
  return folder;
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
