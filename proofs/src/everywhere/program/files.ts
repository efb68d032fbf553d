// Checkpoints and readers on files, for engines that have Node's modules.
import { readFileLines } from '@unroll/data/node';
import { readSafetensorsFile, writeSafetensorsFile } from '@unroll/io/node';
import { loadCheckpoint } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digest } from './digest.ts';
import { trainCharacters } from './training.ts';

const LINES = ['für alle', '', 'große Dateien'];

/**
 * Reads lines of a compressed file, writes and reads tensors, and goes on with a run from its checkpoint in a folder.
 * @throws Error if something comes back otherwise
 */
export async function checkFiles(folder: string): Promise<string> {
  const text = join(folder, 'lines.txt.gz');
  await writeFile(text, gzipSync(LINES.join('\n')));
  const lines: string[] = [];
  for await (const line of readFileLines(text)) lines.push(line);
  if (lines.join('\n') !== LINES.join('\n')) throw new Error(`the lines are ${JSON.stringify(lines)}`);

  const tensors = join(folder, 'tensors.safetensors');
  await writeSafetensorsFile(tensors, { a: { dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) } });
  const read = await readSafetensorsFile(tensors);
  if (read.tensors.get('a')?.data.join() !== '1,2,3') throw new Error('the tensors are others');

  const store = folderStore(join(folder, 'checkpoints'));
  const whole = await trainCharacters({ steps: 20 });
  await trainCharacters({ steps: 10, store });
  const rest = await trainCharacters({ steps: 20, store, resume: await loadCheckpoint(store) });
  if (rest.losses.length !== 10) throw new Error(`the run went on for ${rest.losses.length} steps`);
  if ((await digest(rest.file)) !== (await digest(whole.file))) throw new Error('the model is another');
  return 'ok';
}
