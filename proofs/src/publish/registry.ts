import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../shared/checkout.ts';
import { run, start } from '../shared/execute.ts';

/** The server, and what it needs to be installed where a registry lacks the tag that it asks for. */
const project = {
  private: true,
  dependencies: { verdaccio: '6.10.4' },
  overrides: { 'node-fetch': '2.7.0' },
};

/** A package registry on this machine that nobody else reaches. */
export interface Registry {
  readonly url: string;
  /** An npm configuration that knows no other registry, and keeps its cache inside of the proof's folder. */
  readonly env: NodeJS.ProcessEnv;
}

/** The registry that the caller's npm is set to. Everything that is not ours comes from there. */
export async function upstreamRegistry(env: NodeJS.ProcessEnv): Promise<string> {
  return (await run('npm', ['config', 'get', 'registry'], { cwd: root, env })).trim();
}

/** Installs verdaccio into an empty folder. */
export async function installRegistry(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, env });
}

/** Starts the installed verdaccio with an empty storage on a free port, and waits until it answers. */
export async function startRegistry(folder: string, upstream: string, env: NodeJS.ProcessEnv): Promise<Registry> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  writeFileSync(join(folder, 'config.yaml'), configuration(upstream));
  const verdaccio = join(folder, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
  const server = start(process.execPath, [verdaccio, '--config', 'config.yaml', '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [server.stdout!, server.stderr!]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-4000);
    });
  }
  const deadline = performance.now() + 60_000;
  while (!(await answers(`${url}-/ping`))) {
    if (server.exitCode !== null) throw new Error(`verdaccio ended:\n${output}`);
    if (performance.now() > deadline) throw new Error(`verdaccio does not answer after 60 s:\n${output}`);
    await wait(100);
  }
  // Anybody may publish here; npm wants some token all the same.
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=none\naudit=false\nfund=false\n`);
  return {
    url,
    env: {
      npm_config_registry: url,
      npm_config_userconfig: npmrc,
      npm_config_globalconfig: join(folder, 'no-global-npmrc'),
      npm_config_cache: join(folder, 'npm-cache'),
      npm_config_update_notifier: 'false',
    },
  };
}

/** Our packages only from here, all others only from upstream. */
function configuration(upstream: string): string {
  return `storage: ./storage
web: { enable: false }
uplinks: { upstream: { url: ${JSON.stringify(upstream)} } }
packages:
  '@unroll/*': { access: $all, publish: $all }
  '**': { access: $all, proxy: upstream }
log: { type: stdout, format: pretty, level: warn }
`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
