// Where the browser for the stage `browser` comes from.
import { spawnSync } from 'node:child_process';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Sees to it that there is a Chromium; if that can't be, says why, and what would help. */
export function whyNoChromium(): string | undefined {
  if (findChromium() !== undefined) return undefined;
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) return `CHROMIUM_PATH is ${named}, which does not run.`;
  const remedy = 'Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH.';
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) {
    return `there is no Chromium. ${remedy}`;
  }
  console.log('Installing chromium with apt-get …');
  const install = ['install', '--yes', '--no-install-recommends', 'chromium'];
  if (!apt(install)) {
    apt(['update']);
    apt(install);
  }
  if (findChromium() !== undefined) return undefined;
  return `there is no Chromium, and apt-get could not install it. ${remedy}`;
}

/** The full path of what CHROMIUM_PATH names, or of a Chromium in PATH. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  for (const name of named === undefined ? NAMES : [named]) {
    const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' });
    // Ubuntu's package of the name only says where to get it.
    if (status === 0 && runs(stdout.trim(), ['--version'])) return stdout.trim();
  }
  return undefined;
}

function apt(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, stdio: 'ignore', timeout: 240_000 }).status === 0;
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
