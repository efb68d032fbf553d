import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputError } from './output-error.ts';
import { RunFiles } from './run-files.ts';

let root: string;
let folder: string;
let said: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-files-'));
  folder = join(root, 'model');
  said = [];
});
afterEach(() => rm(root, { recursive: true }));

const newFiles = (saved?: ReadonlyMap<string, number>): RunFiles =>
  new RunFiles({ folder, say: (message) => said.push(message), pause: 1, tries: 3, ...(saved && { saved }) });
/** A file in the place of the folder stands for a disk without room: to nobody can it be written, not even to root. */
const fill = (): Promise<void> => writeFile(folder, '');
const makeRoom = (): Promise<void> => rm(folder);
const bytes = (value: number): Uint8Array => Uint8Array.of(value);

describe('the files of a run', () => {
  it('are written at once, and the end has nothing to do', async () => {
    const files = newFiles();
    expect(files.isSaved).toBe(false);
    await files.write('last', bytes(1), 10);
    await files.finish();
    expect([files.isSaved, said]).toEqual([true, []]);
    expect(await readdir(folder)).toEqual(['last']);
  });

  it('that can’t be written end no run: they are told of once, and written with the next', async () => {
    const files = newFiles();
    await fill();
    await files.write('best', bytes(1), 10);
    await files.write('last', bytes(2), 20);
    await files.write('last', bytes(3), 30);
    expect(said).toEqual([
      expect.stringMatching(
        /^step 10: best \(1 kB\) can't be written to .*model: E[A-Z]+: .*\. The run goes on, and it is/,
      ),
    ]);
    await makeRoom();
    await files.write('best', bytes(4), 40);
    expect(said[1]).toBe('step 40: what could not be written is saved.');
    // The newest of each.
    expect([...(await readFile(join(folder, 'best'))), ...(await readFile(join(folder, 'last')))]).toEqual([4, 3]);
  });

  it('are waited for at the end', async () => {
    const files = new RunFiles({ folder, say: (message) => said.push(message), pause: 20, tries: 1000 });
    await fill();
    await files.write('last', bytes(1), 10);
    const finished = files.finish();
    await makeRoom();
    await finished;
    expect([...(await readFile(join(folder, 'last')))]).toEqual([1]);
  });

  it('that can’t be saved in the end: an error tells what is there and how to go on', async () => {
    const files = newFiles(new Map([['last', 10]]));
    await fill();
    await files.write('last', bytes(1), 1234);
    const error = await files.finish().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OutputError);
    expect((error as Error).message).toMatch(
      /^last \(1 kB\) can't be written to .* There is last of step 10\. Make room, and go on with --resume .*model\.$/,
    );
    expect(said.at(-1)).toContain('The run has ended: it is tried again for a while, so make room now.');
  });

  it('of which nothing is there are begun again', async () => {
    const files = newFiles();
    await fill();
    await files.write('last', bytes(1), 10);
    await expect(files.finish()).rejects.toThrow('Nothing of the run is there. Make room, and begin again.');
  });

  it('are no longer waited for after a signal, but for one that has ended the run itself', async () => {
    const files = new RunFiles({ folder, say: () => undefined, pause: 60_000 });
    await fill();
    await files.write('last', bytes(1), 10);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    await expect(files.finish(abort.signal)).rejects.toThrow(OutputError);
    const patient = newFiles();
    await patient.write('last', bytes(1), 10);
    await makeRoom();
    await patient.finish(AbortSignal.abort());
    expect(await readdir(folder)).toEqual(['last']);
  });
});
