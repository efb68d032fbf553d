import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, run } from '../shared/execute.ts';
import { installNodes } from '../publish/nodes.ts';
import type { Absent } from './browsers.ts';

/** An engine that runs programs. */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  /** What stands before the file of a program. */
  readonly command: readonly [command: string, ...args: string[]];
}

/** npm's packages of runtimes for Linux on x64, at fixed versions. */
const BUN = { name: 'Bun', of: '@oven/bun-linux-x64', version: '1.4.5', file: 'bin/bun', args: ['run'] } as const;
const DENO = {
  name: 'Deno',
  of: '@deno/linux-x64-glibc',
  version: '2.9.6',
  file: 'deno',
  args: ['run', '-A'],
} as const;

/** The oldest Node that the packages name, which `proof:publish` has. */
const OLDEST = '20.19.0';

/** Gets Nodes, Bun and Deno from npm; the last Node is the one that runs this. */
export async function installRuntimes(folder: string, env: NodeJS.ProcessEnv): Promise<readonly (Runtime | Absent)[]> {
  const releases = (await installNodes(join(folder, 'nodes'), env)).filter(({ version }) => version !== OLDEST);
  const nodes = releases.map(({ version, binary }): Runtime => {
    return { name: `Node ${version.split('.')[0]}`, version, command: [binary] };
  });
  return [...nodes, await installFrom(BUN), await installFrom(DENO)];

  async function installFrom({ name, of, version, file, args }: typeof BUN | typeof DENO): Promise<Runtime | Absent> {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      return { name, reason: `the proof gets ${name} from npm's ${of}, which is for Linux on x64.` };
    }
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, 'package.json'), JSON.stringify({ private: true, dependencies: { [of]: version } }));
    const { code, output } = await execute('npm', ['install', '--no-audit', '--no-fund'], { cwd: own, env });
    const binary = join(own, 'node_modules', of, file);
    if (code !== 0 || !existsSync(binary)) return { name, reason: `npm could not install ${of}: ${output.trim()}` };
    chmodSync(binary, 0o755);
    // A processor without AVX2 can't run Bun's build for others.
    const said = await execute(binary, ['--version'], { cwd: own, env });
    if (said.code !== 0) return { name, reason: `${of} does not run here: ${said.output.trim()}` };
    return { name, version, command: [binary, ...args] };
  }
}

/** Runs a program; gives what it wrote to stdout. */
export function runOn(
  { command: [first, ...rest] }: Runtime,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  return run(first, [...rest, ...args], { cwd, env, timeout: 600 });
}
