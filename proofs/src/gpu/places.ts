import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
// @boundaries-ignore the browser is found as the tests find it, which belong to no package
import { findChromium } from '../../../scripts/chromium.ts';
import { cleanEnvironment, root } from '../shared/checkout.ts';
import { execute, run } from '../shared/execute.ts';

/** A place where GPU.js runs kernels, and how its tests are started there. */
export interface Place {
  /** What `--mode` takes. */
  readonly name: string;
  readonly title: string;
  /** Installs what it needs into an empty folder; the command that runs the tests, or why it can't be had here. */
  prepare(folder: string): Promise<Start | string>;
}

export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** What headless-gl is built with. */
export const GL_PACKAGES = 'python3 g++ make pkg-config libxi-dev libglu1-mesa-dev libglew-dev xvfb xauth';
const GL = 'gl@8.1.6';
const DAWN = 'webgpu@0.6.2';
/** SwiftShader as Debian's package chromium brings it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const env = (extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  cleanEnvironment([join(root, 'node_modules', '.bin')], { UNROLL_GPU_FULL: '1', ...extra });

// By itself vitest leaves a core idle, which is half of a small machine.
const all = '--maxWorkers=100%';
/** Of a test, in ms: on a busy machine, too. */
const patient = '--testTimeout=600000';
const inNode = ['run', all, patient, '--config', join(root, 'proofs/src/gpu/vitest.config.ts')];

/** Every place, those that need nothing first. */
export const places: readonly Place[] = [
  {
    name: 'cpu',
    title: 'cpu, Node',
    prepare: async () => ({ command: bin('vitest'), args: inNode, env: env({ UNROLL_GPU_MODE: 'cpu' }) }),
  },
  {
    name: 'webasm',
    title: 'webasm, Node',
    prepare: async () => ({ command: bin('vitest'), args: inNode, env: env({ UNROLL_GPU_MODE: 'webasm' }) }),
  },
  { name: 'webgl2', title: 'webgl2, Chromium', prepare: async () => inChromium('webgl2') },
  { name: 'webgpu', title: 'webgpu, Chromium', prepare: async () => inChromium('webgpu') },
  { name: 'headlessgl', title: 'headlessgl, Node', prepare: headlessGl },
  { name: 'dawn', title: 'webgpu, Node (Dawn)', prepare: dawn },
];

function inChromium(mode: string): Start | string {
  if (findChromium() === undefined) return 'there is no Chromium: apt-get install chromium, or set CHROMIUM_PATH';
  const args = [
    'run',
    all,
    patient,
    '--config',
    join(root, 'vitest.browser.config.ts'),
    '--project',
    `chromium, ${mode}`,
  ];
  return { command: bin('vitest'), args, env: env({}) };
}

async function headlessGl(folder: string): Promise<Start | string> {
  const missing = await firstMissing(['xvfb-run', 'g++', 'make', 'python3', 'pkg-config']);
  if (missing !== undefined) return `${missing} is missing: apt-get install ${GL_PACKAGES}`;
  console.log(`Building ${GL} from source …`);
  await npmInstall(folder, GL);
  // npm may not run install scripts; and the headers have to be those of the Node that runs the tests.
  const headers = dirname(dirname(process.execPath));
  const known = existsSync(join(headers, 'include', 'node', 'node.h')) ? [`--nodedir=${headers}`] : [];
  const gyp = join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const gl = join(folder, 'node_modules', 'gl');
  const { code, output } = await execute(process.execPath, [gyp, 'rebuild', '--jobs=max', ...known], {
    cwd: gl,
    env: env({}),
    timeout: 1800,
  });
  if (code !== 0) return `${GL} does not compile: ${output.trim().split('\n').slice(-5).join(' ')}`;
  return {
    command: 'xvfb-run',
    args: ['-a', bin('vitest'), ...inNode],
    env: env({ UNROLL_GPU_MODE: 'headlessgl', NODE_PATH: join(folder, 'node_modules') }),
  };
}

async function dawn(folder: string): Promise<Start | string> {
  const icd = process.env['VK_ICD_FILENAMES'] ?? SWIFTSHADER;
  if (!existsSync(icd)) return `there is no Vulkan driver at ${icd}: apt-get install chromium, or set VK_ICD_FILENAMES`;
  await npmInstall(folder, DAWN);
  const runtime = join(folder, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  return {
    command: bin('vitest'),
    args: inNode,
    env: env({
      UNROLL_GPU_MODE: 'webgpu',
      UNROLL_DAWN: join(folder, 'node_modules', 'webgpu', 'index.js'),
      VK_ICD_FILENAMES: icd,
      // Where chromium keeps its own Vulkan loader, for machines without one.
      LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], dirname(icd)].filter(Boolean).join(delimiter),
      XDG_RUNTIME_DIR: runtime,
    }),
  };
}

async function npmInstall(folder: string, what: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', what];
  await run('npm', args, { cwd: folder, env: cleanEnvironment([]), timeout: 600 });
}

async function firstMissing(commands: readonly string[]): Promise<string | undefined> {
  for (const command of commands) {
    const { code } = await execute('sh', ['-c', 'command -v "$0"', command], { cwd: root, env: process.env });
    if (code !== 0) return command;
  }
  return undefined;
}
