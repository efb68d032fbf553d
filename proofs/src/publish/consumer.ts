import { cpSync, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, run } from '../shared/execute.ts';
import type { User } from './nodes.ts';

const programs: string = fileURLToPath(new URL('programs', import.meta.url));

/** `npm install …` in a new, empty folder, as a user would. Throws if npm warns. */
export async function installInto(folder: string, names: readonly string[], { npm, env }: User): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [command, script] = npm;
  const { code, output } = await execute(command, [script, 'install', ...names], { cwd: folder, env });
  if (code !== 0 || output.includes('npm warn')) throw new Error(output.trim());
}

/** Copies a program into the folder of a user, under another name if one is given. */
export function copyProgram(folder: string, file: string, as: string = file): void {
  cpSync(join(programs, file), join(folder, as));
}

/** Runs a program of the user's; throws if it fails, or says anything: a warning, for one. */
export async function runProgram(folder: string, file: string, { node, env }: User): Promise<void> {
  const { code, output } = await execute(node.binary, [file], { cwd: folder, env });
  if (code !== 0 || output !== '') throw new Error(`node ${file}, exit code ${code}:\n${output.trim()}`);
}

/** @throws Error unless npm knows of exactly one installed copy of the package, and there is one in the folder */
export async function checkOneCopy(folder: string, name: string, { npm, env }: User): Promise<void> {
  const [command, script] = npm;
  const listed = await run(command, [script, 'ls', name, '--all', '--parseable'], { cwd: folder, env });
  const copies = new Set(listed.trim().split('\n'));
  const found = globSync(`node_modules/**/${name}/package.json`, { cwd: folder });
  if (copies.size === 1 && found.length === 1) return;
  throw new Error(`npm lists ${copies.size} copies of ${name}, node_modules has ${found.length}:\n${found.join('\n')}`);
}

/** @throws Error if the package is installed */
export async function checkAbsent(folder: string, name: string): Promise<void> {
  const found = globSync(`node_modules/**/${name}/package.json`, { cwd: folder });
  if (found.length > 0) throw new Error(`${name} is installed: ${found.join(', ')}`);
}
