import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute } from './execute.ts';
import { packAll, publishedPackages, root, type Manifest } from './workspace.ts';

/** Makes a new npm project in `folder` that has every published package installed from its tarball. */
export async function createConsumer(folder: string): Promise<void> {
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  const packed = await packAll(tarballs);
  writeJson(join(folder, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { ...thirdParty(), ...Object.fromEntries([...packed].map(([name, file]) => [name, `file:${file}`])) },
  });
  const { code, output } = await execute(
    'npm',
    ['install', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund'],
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
 * The folders of all packages from elsewhere that the published ones declare, directly or through each other.
 * npm takes them from this checkout, so that the check needs no network.
 */
function thirdParty(): Record<string, string> {
  const folders: Record<string, string> = {};
  const visit = (from: string, { dependencies = {} }: Manifest): void => {
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@unroll/') || name in folders) continue;
      const folder = find(name, from);
      folders[name] = `file:${folder}`;
      visit(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest);
    }
  };
  for (const { folder, manifest } of publishedPackages()) visit(folder, manifest);
  return folders;
}

/** The package `name` as code in `folder` would find it. */
function find(name: string, folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (at === dirname(at)) throw new Error(`${name} is not installed for ${folder}`);
  }
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
