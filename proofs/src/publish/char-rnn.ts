import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../shared/execute.ts';
import type { User } from './nodes.ts';

const SENTENCE = 'the rain in spain stays mainly in the plain. ';

/** `npx char-rnn …` in the folder where it is installed. */
export function charRnn(folder: string, args: readonly string[], { npx, env }: User): Promise<string> {
  const [command, script] = npx;
  return run(command, [script, 'char-rnn', ...args], { cwd: folder, env });
}

/** @throws Error unless the help names the commands */
export async function checkHelp(folder: string, user: User): Promise<void> {
  const help = await charRnn(folder, ['--help'], user);
  for (const command of ['train', 'sample']) {
    if (!help.includes(command)) throw new Error(`The help does not name ${command}:\n${help}`);
  }
}

/** Trains on one sentence, said again and again; a second or two. */
export async function trainOnSentence(folder: string, user: User): Promise<void> {
  writeFileSync(join(folder, 'text.txt'), SENTENCE.repeat(200));
  const shape = ['--cell', 'lstm', '--hidden', '48', '--layers', '1', '--batch', '8', '--time', '24'];
  await charRnn(folder, ['train', 'text.txt', '--out', 'model', '--steps', '150', ...shape], user);
  if (!existsSync(join(folder, 'model'))) throw new Error('There is no model afterwards.');
}

/** @throws Error unless the trained model writes the sentence when it may write only what is likeliest */
export async function checkSample(folder: string, user: User): Promise<void> {
  const options = ['--prime', 'the rain', '--temperature', '0', '--length', '100'];
  const text = await charRnn(folder, ['sample', 'model', ...options], user);
  if (!text.includes(SENTENCE.trim())) throw new Error(`The model did not learn the sentence. It wrote:\n${text}`);
}
