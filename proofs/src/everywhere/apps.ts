import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Board, Column } from './board.ts';
import { type Runtime, runOn } from './runtimes.ts';

const SENTENCE = 'the rain in spain stays mainly in the plain. ';

/** What an app does, and the model that it leaves behind. */
const uses: Readonly<Record<string, { readonly args: readonly string[]; readonly model: string }>> = {
  'char-rnn train': {
    args: ['char-rnn', 'train', 'text.txt', '--out', 'char', '--steps', '150', '--hidden', '48', '--threads', '2'],
    model: 'char/model.safetensors',
  },
  'tagger demo': {
    args: ['tagger', 'demo', '--epochs', '1', '--out', 'tagger'],
    model: 'tagger/model.safetensors',
  },
  'translator train': {
    args: ['translator', 'train', '--steps', '40', '--hidden', '32', '--pairs', '2000', '--out', 'translator'],
    model: 'translator/model.safetensors',
  },
};

/** By app: SHA-256 of the model that it trained, or why there is none. */
export async function useApps(
  runtime: Runtime,
  user: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  writeFileSync(join(folder, 'text.txt'), SENTENCE.repeat(200));
  const found: Record<string, string> = {};
  for (const [name, { args, model }] of Object.entries(uses)) {
    const [app, ...rest] = args;
    const program = join(user, 'node_modules', '@unroll', app!, 'dist', 'cli.js');
    try {
      await runOn(runtime, [program, ...rest], folder, env);
      found[name] = createHash('sha256')
        .update(readFileSync(join(folder, model)))
        .digest('hex');
    } catch (error) {
      found[name] = String(error);
    }
  }
  const text = await runOn(
    runtime,
    [
      join(user, 'node_modules/@unroll/char-rnn/dist/cli.js'),
      'sample',
      'char',
      '--prime',
      'the',
      '--temperature',
      '0',
      '--length',
      '60',
    ],
    folder,
    env,
  ).catch(String);
  return { ...found, 'char-rnn sample': text };
}

/** Every model, and the text, is that of the reference. */
export function judgeApps(
  found: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
  column: Column,
  board: Board,
): void {
  for (const [name, result] of Object.entries(found)) {
    const same = name.endsWith('sample') ? 'same text' : 'same model';
    const isWrong = result !== expected[name] || result.startsWith('Error');
    board.check(column, `\`${name}\``, isWrong ? `${result}\ninstead of ${expected[name]}` : undefined, same);
  }
}
