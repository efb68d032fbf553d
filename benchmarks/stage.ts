// Contestants run from folders of their own in the cache: the packages of one do not get into another's, nor into the lockfile, and
// older Nodes, which know no types, can run them too.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type CharModelSizes,
  GENERATION,
  LEARNING_RATE,
  TAGGING,
  TRAINING,
  type WorkloadName,
  charModelBatch,
  charModelWeights,
  taggerStart,
} from './contestants/workloads.ts';

const sources = fileURLToPath(new URL('contestants', import.meta.url));
/** Below the packages that this one depends on, so that the folders in it find them. */
export const cache: string = fileURLToPath(new URL('node_modules/.cache/unroll-bench', import.meta.url));

/** A folder in the cache with all programs of `contestants/` as JavaScript. */
export function stage(name: string): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(sources)) {
    if (file.endsWith('.py')) copyFileSync(join(sources, file), join(folder, file));
    if (!/\.m?[jt]s$/.test(file) || file.includes('.test.')) continue;
    const text = readFileSync(join(sources, file), 'utf8');
    const script = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
    writeFileSync(
      join(folder, file.replace(/\.m?[jt]s$/, '.js')),
      script.replaceAll(/(from '\.\/[\w-]+)\.m?[jt]s'/g, "$1.js'"),
    );
  }
  return folder;
}

/** Installs packages of exactly these versions into a folder, unless they are there. Their install scripts do not run. */
export async function install(folder: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const missing = Object.entries(packages).some(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== version;
  });
  const manifest = { private: true, type: 'module', dependencies: packages };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  if (!missing) return;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await promisify(execFile)('npm', ['install', ...flags], { cwd: folder, env: plainEnvironment(), timeout: 300_000 });
}

/** Where a Python program finds the start of a workload: each array as a file of its bytes, and the sizes. */
export function writeStart(workload: WorkloadName): string {
  const folder = join(cache, 'start', workload);
  mkdirSync(folder, { recursive: true });
  const write = (value: object, path: readonly string[] = []): void => {
    for (const [key, item] of Object.entries(value)) {
      if (item instanceof Float32Array || item instanceof Int32Array)
        writeFileSync(join(folder, `${[...path, key].join('.')}.bin`), item);
      else write(item, [...path, key]);
    }
  };
  let sizes: object = TAGGING;
  if (workload === 'W4') {
    const { weights, batch } = taggerStart(TAGGING);
    write(weights);
    write(batch);
  } else {
    const model: CharModelSizes = workload === 'W3' ? GENERATION : TRAINING[workload];
    write(charModelWeights(model));
    write(charModelBatch(model));
    sizes = model;
  }
  writeFileSync(join(folder, 'sizes.json'), JSON.stringify({ ...sizes, learningRate: LEARNING_RATE }));
  return folder;
}

/** The caller's environment without what would slow a contestant down, or tells npm about another project. */
export function plainEnvironment(threads = 1): NodeJS.ProcessEnv {
  // Set for other programs, they make OpenBLAS choose the kernels of older processors.
  const misleading =
    /^(OPENBLAS_|NVPL_BLAS_|OMP_|MKL_|GOTO_|NODE_OPTIONS$|npm_(?!config_registry|config_userconfig)|pnpm_)/i;
  const kept = Object.entries(process.env).filter(([name]) => !misleading.test(name));
  const count = String(threads);
  return { ...Object.fromEntries(kept), OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count };
}
