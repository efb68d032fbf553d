import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Row, table } from '../shared/results.ts';
import { run } from '../shared/execute.ts';
import type { User } from './nodes.ts';
import type { Published } from './release.ts';

interface Packed {
  readonly name: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of all files in it. */
  readonly unpackedSize: number;
}

/** A table of what a user downloads. */
export async function sizes(folder: string, packages: readonly Published[], user: User): Promise<string> {
  const rows: Row[] = [];
  for (const { name, version, dependencies } of packages) {
    const { size, unpackedSize } = await packed(folder, name, user);
    const { ours, others } = await installed(join(folder, name), name, user);
    const counts = [dependencies.length, ours, others].map(String);
    rows.push([`\`${name}\``, version, kilobytes(size), kilobytes(unpackedSize), ...counts]);
  }
  const numbers = ['Packed', 'Unpacked', 'Direct dependencies', 'Installed: ours', 'Installed: others'];
  return table(['Package', 'Version', ...numbers], rows, numbers);
}

/** What npm says of the package in the registry. */
async function packed(folder: string, name: string, { npm, env }: User): Promise<Packed> {
  mkdirSync(folder, { recursive: true });
  const [command, script] = npm;
  const output = await run(command, [script, 'pack', name, '--dry-run', '--json'], { cwd: folder, env });
  const [found] = JSON.parse(output) as Packed[];
  if (found?.name !== name) throw new Error(`npm pack says nothing of ${name}:\n${output}`);
  return found;
}

/** How many packages `npm install` of this one brings, itself included, by the lockfile that npm writes. */
async function installed(folder: string, name: string, { npm, env }: User): Promise<{ ours: number; others: number }> {
  mkdirSync(folder, { recursive: true });
  const [command, script] = npm;
  await run(command, [script, 'install', '--package-lock-only', name], { cwd: folder, env });
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object };
  const names = Object.keys(lock.packages).filter((path) => path !== '');
  const ours = names.filter((path) => path.includes('node_modules/@unroll/')).length;
  return { ours, others: names.length - ours };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
