import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.ts';

export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The Node that whoever started the checks has; everything that users run is run on it. */
export const hostNode: string = process.env['UNROLL_HOST_NODE'] ?? process.execPath;

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> };
}
export interface Package {
  readonly name: string;
  readonly folder: string;
  /** Relative to the root, for messages: `packages/cells`. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** Every package of the workspace that is published. */
export function publishedPackages(): readonly Package[] {
  return globSync('{packages,apps}/*/package.json', { cwd: root })
    .toSorted()
    .map((file) => {
      const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
      return { name: manifest.name, path: dirname(file), folder: join(root, dirname(file)), manifest };
    })
    .filter(({ manifest }) => manifest.private !== true);
}

/** Packs every published package as publishing would; returns the tarball of each by package name. */
export async function packAll(destination: string): Promise<ReadonlyMap<string, string>> {
  const filters = publishedPackages().flatMap(({ name }) => ['--filter', name]);
  const { code, stdout, output } = await execute(
    'pnpm',
    ['--recursive', ...filters, 'pack', '--json', '--pack-destination', destination],
    { cwd: root },
  );
  if (code !== 0) throw new Error(`pnpm pack failed:\n${output}`);
  const packed = JSON.parse(stdout) as { name: string; filename: string }[];
  return new Map(packed.map(({ name, filename }) => [name, filename]));
}
