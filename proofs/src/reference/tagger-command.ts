import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { appCommand, cpuSecondsOf } from './app-command.ts';

/** What `tagger train` and `tagger eval` are given. */
export interface TaggerCommand {
  readonly trainFile: string;
  readonly devFile: string;
  /** A settings file, below the root of the repository. */
  readonly settings: string;
  /** Options that differ from it. */
  readonly options: readonly string[];
  readonly seed: number;
}

/** What they came to. */
export interface TaggerResult {
  /** What `train` wrote. */
  readonly told: string;
  /** What `eval` wrote. */
  readonly evaluation: string;
  /** Processor time of the whole training command, with reading, validations and the report. */
  readonly cpuSeconds: number;
}

/** The command line, as a user gives it: trains with settings that are part of the app, and evaluates the model file. */
export async function trainByCommand(command: TaggerCommand): Promise<TaggerResult> {
  const { trainFile, devFile, settings, options, seed } = command;
  const out = mkdtempSync(join(tmpdir(), 'unroll-tagger-'));
  const tagger = appCommand('tagger');
  try {
    const run = ['--seed', String(seed), '--threads', '1', '--config', join(root, settings), ...options, '--out', out];
    const told = await tagger('train', trainFile, '--validation', devFile, ...run);
    const evaluation = await tagger('eval', devFile, '--model', out, '--threads', '1');
    return { told, evaluation, cpuSeconds: cpuSecondsOf(told) };
  } finally {
    rmSync(out, { recursive: true });
  }
}
