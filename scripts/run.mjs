// From a fresh clone to a result in one command. Needs only Node 20.19 or later and npm.
//
//   node scripts/run.mjs start [arguments]   install, build char-rnn and what it depends on, run it
//   node scripts/run.mjs test [stages]       install, run the checks of scripts/test.ts (all, or the named ones)
//
// The tools run on the pinned Node that the install brings for Linux on x64; elsewhere on the Node that runs this file.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const env = {
  ...process.env,
  PATH: [bin, process.env.PATH].join(delimiter),
  // The caller's Node, on which what we publish is checked. Not always the one that runs this file: npm puts the
  // pinned one before it in PATH once that is installed.
  UNROLL_HOST_NODE: process.env.npm_node_execpath ?? process.execPath,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

const commands = { start, test };
const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '')) {
  console.error(`usage: node scripts/run.mjs <${Object.keys(commands).join(' | ')}> [arguments]`);
  process.exit(2);
}
requireNode([20, 19], 'unroll needs');
await commands[name](args);

/** With no arguments: a short training run on a built-in text, then a sample of what it learned to write. */
async function start(args) {
  await install();
  await run(join(bin, 'turbo'), ['run', 'build', '--filter=@unroll/char-rnn', '--output-logs=errors-only']);
  await run('node', ['apps/char-rnn/dist/cli.js', ...(args.length > 0 ? args : ['demo'])]);
}

async function test(args) {
  await install();
  await run('node', ['scripts/test.ts', ...args]);
}

/** Installs what the lockfile says: with the pinned pnpm of this checkout, or before the first install through npx. */
async function install() {
  const local = join(root, 'node_modules', 'pnpm', 'package.json');
  const present =
    existsSync(local) && `pnpm@${JSON.parse(readFileSync(local, 'utf8')).version}` === manifest.packageManager;
  const command = present ? [join(bin, 'pnpm')] : ['npx', '--yes', manifest.packageManager];
  await run(command[0], [
    ...command.slice(1),
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
    '--loglevel=warn',
  ]);
  // Without a Node of its own, this checkout's tools (written in TypeScript) run on the caller's.
  if (!existsSync(join(bin, 'node'))) {
    requireNode([22, 18], `on ${process.platform}-${process.arch} the development tools need`);
  }
}

/** Leaves with a remedy when the running Node is older than [major, minor]. */
function requireNode([major, minor], who) {
  const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  console.error(
    `${who} Node ${major}.${minor} or later; this is ${process.versions.node}. Install a newer Node (https://nodejs.org).`,
  );
  process.exit(1);
}

/** Runs a command to its end with this terminal; when it fails, leaves with its code. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
    const pass = (signal) => {
      // Ctrl-C in a terminal reaches the child by itself; passing it on would make it two.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      process.exit(1);
    });
    child.on('close', (code, signal) => {
      for (const each of signals) process.off(each, pass);
      if (signal !== null) process.kill(process.pid, signal);
      else if (code === 0) resolve();
      else process.exit(code);
    });
  });
}
