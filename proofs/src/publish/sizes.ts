import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Row, table } from '../shared/results.ts';
import { run } from '../shared/execute.ts';
import type { User } from './nodes.ts';
import type { Published } from './release.ts';

/** A table of what a user downloads. */
export async function sizes(folder: string, packages: readonly Published[], user: User): Promise<string> {
  const rows: Row[] = [];
  for (const { name, version, packedBytes, unpackedBytes, dependencies } of packages) {
    const { ours, others } = await installed(join(folder, name), name, user);
    const counts = [dependencies.length, ours, others].map(String);
    rows.push([name, version, kilobytes(packedBytes), kilobytes(unpackedBytes), ...counts]);
  }
  const numbers = ['Packed', 'Unpacked', 'Direct dependencies', 'Installed: ours', 'Installed: others'];
  return table(['Package', 'Version', ...numbers], rows, numbers);
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
