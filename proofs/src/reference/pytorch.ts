import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, referenceFolder } from '@unroll/fixtures';
import { execute } from '../shared/execute.ts';

/** How often PyTorch is given up: an hour. */
const TIMEOUT = 3600;

/**
 * Runs a reference script (`char_lm.py`, `tagger.py`, `nmt.py`) by PyTorch on one thread, here and now, so that times may be compared; what it
 * wrote by `--out`. Undefined where there is no script, or no Python with torch: `PYTHON` names one.
 * @throws Error with its output if it fails
 */
export async function runBaseline(script: string, args: readonly string[]): Promise<unknown> {
  const file = join(referenceFolder() ?? '', 'baselines', script);
  const python = existsSync(file) ? pythonWithTorch() : undefined;
  if (python === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'unroll-baseline-'));
  const out = join(folder, 'result.json');
  try {
    const where = { cwd: folder, env: environment(), timeout: TIMEOUT };
    const { code, output } = await execute(python, [file, ...args, '--out', out], where);
    if (code !== 0) throw new Error(`${script} failed:\n${output.trim()}`);
    return JSON.parse(readFileSync(out, 'utf8')) as unknown;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pythonWithTorch(): string | undefined {
  const candidates = [process.env['PYTHON'], 'python3', '/usr/bin/python3'];
  return candidates.find(
    (each) => each !== undefined && spawnSync(each, ['-c', 'import torch'], { env: environment() }).status === 0,
  );
}

/** One thread, and the kernels that PyTorch chooses by itself. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const data = dataFolder();
  return { ...env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', ...(data === undefined ? {} : { DATA: data }) };
}
