import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './execute.ts';

/** The repository that this file is part of. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** A copy of the repository's last commit, installed. */
export interface Checkout {
  readonly folder: string;
  /** Abbreviated. */
  readonly commit: string;
  /** The copy's own tools come first in PATH. */
  readonly env: NodeJS.ProcessEnv;
}

/** Clones the repository into an empty folder and installs it as the lockfile says. Says so if there are uncommitted changes. */
export async function cloneRepository(folder: string): Promise<Checkout> {
  const env = cleanEnvironment([join(folder, 'node_modules', '.bin')]);
  const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: root, env })).trim();
  const changes = await git('status', '--porcelain');
  if (changes !== '') console.log('Note: the last commit is checked, without the uncommitted changes.');
  const commit = await git('rev-parse', '--short', 'HEAD');
  await git('clone', '--quiet', root, folder);
  const pnpm = join(root, 'node_modules', '.bin', 'pnpm');
  await run(pnpm, ['install', '--frozen-lockfile', '--prefer-offline', '--loglevel=warn'], { cwd: folder, env });
  return { folder, commit, env };
}

/** The environment of whoever started the proof, without what package managers add for a script; `first` leads PATH. */
export function cleanEnvironment(first: readonly string[], extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = join(root, 'node_modules', '.bin');
  const paths = (process.env['PATH'] ?? '').split(delimiter).filter((path) => path !== own);
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_)|npm_config_(local_prefix|user_agent)$|pnpm_script|init_cwd$|node_options$)/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    PATH: [...first, ...paths].join(delimiter),
    ...extra,
  };
}
