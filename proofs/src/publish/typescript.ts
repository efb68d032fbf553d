import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, execute, run } from '../shared/execute.ts';
import { copyProgram } from './consumer.ts';

/** The last of each major line. */
export const compilers: readonly string[] = ['5.9.3', '6.0.3', '7.0.2'];

/** The ways in which users resolve modules. */
export const resolutions = {
  '`nodenext`, .mts': { file: 'types.mts', options: { module: 'nodenext' } },
  '`nodenext`, .cts': { file: 'types.cts', options: { module: 'nodenext' } },
  '`bundler`': { file: 'types.ts', options: { module: 'preserve', moduleResolution: 'bundler', target: 'es2022' } },
} as const;

export type Resolution = keyof typeof resolutions;

/** Gets the compilers from npm. */
export async function installCompilers(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const dependencies = Object.fromEntries(
    compilers.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, env });
}

/** Puts the program and a configuration for each resolution into a user's folder. Declarations are checked too. */
export function writeTypes(folder: string): void {
  for (const [index, { file, options }] of Object.values(resolutions).entries()) {
    copyProgram(folder, 'types.ts', file);
    const compilerOptions = { ...options, strict: true, noEmit: true, skipLibCheck: false, types: [] };
    writeFileSync(join(folder, `tsconfig.${index}.json`), JSON.stringify({ compilerOptions, files: [file] }));
  }
}

/** Compiles the program in the folder of a user. */
export function compile(
  folder: string,
  tools: string,
  version: string,
  resolution: Resolution,
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  const tsc = join(tools, 'node_modules', `typescript-${version}`, 'bin', 'tsc');
  const index = Object.keys(resolutions).indexOf(resolution);
  return execute(process.execPath, [tsc, '--project', `tsconfig.${index}.json`], { cwd: folder, env });
}
