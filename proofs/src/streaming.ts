// Can a file be read that is larger than memory? Every reader goes through a file of several times the heap that its process may have; a
// control that keeps what it reads must fail. Then the commands of the apps go through files of 100 MiB, to be seen what they take:
//
//   pnpm proof:streaming [--mebibytes 240] [--heap 64] [--app-mebibytes 100]
//   pnpm proof:streaming --only tagger-lines,csv    some of it, by the names in src/streaming; nothing is written
import { createWriteStream, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { argumentsOf, integerOf, namesOf } from './shared/arguments.ts';
import { root } from './shared/checkout.ts';
import { execute } from './shared/execute.ts';
import { machine } from './shared/machine.ts';
import { prose, table, today, writeResults } from './shared/results.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';
import { appReadings, runApp } from './streaming/apps.ts';
import { type Reading, readings } from './streaming/readers.ts';

interface Outcome {
  readonly parts: number;
  /** Bytes. */
  readonly heap: number;
  /** Bytes. */
  readonly resident: number;
  /** Of processor time. */
  readonly seconds: number;
}

const names = [...Object.keys(readings), ...Object.keys(appReadings)];
const values = await argumentsOf({
  name: 'pnpm proof:streaming',
  description: 'Reads files that are larger than memory, by every reader and by the commands of the apps.',
  options: {
    mebibytes: 'Of the file that the readers go through. Default: 240.',
    heap: 'Mebibytes that a reader may have for its objects. Default: 64.',
    'app-mebibytes': 'Of the files that the apps go through. Default: 100.',
    only: `Some of it, with commas between; no page is written: ${names.join(', ')}. Default: all.`,
  },
});
const only = namesOf(values, 'only', names);
const mebibytes = integerOf(values, 'mebibytes', 240);
const heap = integerOf(values, 'heap', 64);
const appMebibytes = integerOf(values, 'app-mebibytes', 100);
const size = mebibytes * 2 ** 20;
const appSize = appMebibytes * 2 ** 20;
const child = fileURLToPath(new URL('streaming/child.ts', import.meta.url));

await inTemporaryFolder('streaming', async (folder) => {
  const rows: string[][] = [];
  for (const [name, reading] of chosen(readings)) {
    const path = join(folder, `${name}.txt`);
    const parts = await write(path, reading, size);
    const { code, output } = await execute(
      process.execPath,
      [...process.execArgv, `--max-old-space-size=${heap}`, child, name, path],
      { cwd: root, env: process.env, timeout: 600 },
    );
    const failed = output.includes('heap out of memory');
    if (name === 'control') {
      if (!failed) throw new Error(`The control should have run out of memory, or the limit means nothing:\n${output}`);
      rows.push([reading.title, megabytes(statSync(path).size), '', '', '', 'heap out of memory, as it must']);
    } else {
      if (code !== 0) throw new Error(`${name} failed:\n${output}`);
      const { parts: read, heap, resident, seconds } = JSON.parse(output) as Outcome;
      if (read !== parts) throw new Error(`${name}: ${read} records were read of ${parts}`);
      rows.push([
        reading.title,
        megabytes(statSync(path).size),
        megabytes(heap),
        megabytes(resident),
        seconds.toFixed(1),
        `all ${parts.toLocaleString('en')}`,
      ]);
    }
    console.log(rows.at(-1)!.join(' | '));
    await rm(path);
  }
  const appRows: string[][] = [];
  for (const [name, reading] of chosen(appReadings)) {
    const path = join(folder, `${name}.txt`);
    const parts = await write(path, reading, appSize);
    const { parts: read, resident, seconds } = await runApp(reading, path, join(folder, name));
    if (read !== parts) throw new Error(`${name}: ${read} parts were read of ${parts}`);
    const whole = `all ${parts.toLocaleString('en')}`;
    appRows.push([reading.title, megabytes(statSync(path).size), megabytes(resident), seconds.toFixed(0), whole]);
    console.log(appRows.at(-1)!.join(' | '));
    await rm(path);
  }
  if (values['only'] !== undefined) return;
  await writeResults('streaming', [
    '# Can a file be read that is larger than memory?',
    prose(
      `Each reader goes through a generated file, in a process of its own whose heap may have ${heap} MiB ` +
        '(`--max-old-space-size`), and every record must arrive. What a program would do next is done: words are counted for a ' +
        'vocabulary, batches made, a scaler fitted, windows cut. CSV and vectors are read twice. The control keeps what it reads; it must fail.',
    ),
    `${today()}, ${machine()}. Again: \`pnpm proof:streaming\`.`,
    table(['reader', 'file MB', 'most heap MB', 'most resident MB', 'CPU s', 'records'], rows, [
      'file MB',
      'most heap MB',
      'most resident MB',
      'CPU s',
    ]),
    prose(
      'Resident memory is that of the whole process, Node itself (some 50 MB) and buffers outside of the heap included. It is the highest ' +
        'of the run; what is garbage counts until it is collected.',
    ),
    '## The apps',
    prose(
      'The same by command lines, with small models, and no limit to their heap. `train` takes two steps; what it learns from has to be in ' +
        'memory, as one or two bytes a token.',
    ),
    table(['command', 'file MB', 'most resident MB', 'CPU s', 'lines or sentences'], appRows, [
      'file MB',
      'most resident MB',
      'CPU s',
    ]),
  ]);
});

/** Fills a file with parts up to the size. */
async function write(path: string, { head, part }: Pick<Reading, 'head' | 'part'>, size: number): Promise<number> {
  let count = 0;
  function* pieces(): Generator<string> {
    yield head;
    for (let written = 0; written < size;) {
      let piece = '';
      while (piece.length < 2 ** 16) piece += part(count++);
      written += piece.length;
      yield piece;
    }
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path));
  return count;
}

function chosen<Each>(all: Readonly<Record<string, Each>>): readonly (readonly [string, Each])[] {
  return Object.entries(all).filter(([name]) => only.includes(name));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
