// Browsers of this machine: where they are, and how they get there.
import { spawnSync } from 'node:child_process';

/** A browser, and what it is called. */
export interface BrowserName {
  readonly title: string;
  /** Commands, or full paths, the likeliest first. */
  readonly names: readonly string[];
  /** The environment variable that names another command. */
  readonly variable: string;
  /** The command that runs it, with arguments, if it does not start by itself. */
  readonly through?: readonly string[];
  /** Debian's packages. */
  readonly packages: readonly string[];
}

/** The full path of the command that the variable names, or of the first that is here and runs. */
export function findBrowser({ names, variable, through = [] }: BrowserName): string | undefined {
  const named = process.env[variable];
  for (const name of named === undefined ? names : [named]) {
    const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' });
    // Ubuntu's package of the name only says where to get it.
    const command = stdout.trim();
    const [first, ...args] = [...through, command, '--version'];
    if (status === 0 && runs(first, args)) return command;
  }
  return undefined;
}

/** Sees to it that there is such a browser, with Debian's packages where it may; if that can't be, says why, and what would help. */
export function whyNoBrowser(browser: BrowserName): string | undefined {
  if (findBrowser(browser) !== undefined) return undefined;
  const { title, variable, packages } = browser;
  const named = process.env[variable];
  if (named !== undefined) return `${variable} is ${named}, which does not run.`;
  const remedy = `Install ${title} (Debian: apt-get install ${packages.join(' ')}), or set ${variable}.`;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) {
    return `there is no ${title}. ${remedy}`;
  }
  console.log(`Installing ${packages.join(', ')} with apt-get …`);
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  let failure = apt(install);
  // Without lists of packages, or with old ones.
  if (failure !== undefined) {
    apt(['update']);
    failure = apt(install);
  }
  if (findBrowser(browser) !== undefined) return undefined;
  const said = failure ?? 'it was installed, but does not run.';
  return `there is no ${title}, and apt-get could not install it: ${said} ${remedy}`;
}

/** What apt-get says last if it fails. */
function apt(args: readonly string[]): string | undefined {
  // What packages run at their installation lies in folders that not every PATH has.
  const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: 'noninteractive' };
  // Another apt-get may be at work.
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2'];
  const { status, stderr, error } = spawnSync('apt-get', [...options, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 240_000,
  });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split('\n').at(-1) || 'it failed.');
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
