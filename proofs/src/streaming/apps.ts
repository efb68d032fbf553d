import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, appProgram } from '../shared/app-program.ts';
import { root } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';
import type { Reading } from './readers.ts';

/** A command of an app that reads what is larger than it should take memory for. */
export interface AppReading extends Omit<Reading, 'read'> {
  readonly app: App;
  /** A command line that makes the small model that the command needs, in a folder. Default: it needs none. */
  readonly prepare?: (folder: string) => readonly string[];
  /** The command line; a path that is not in it goes to the standard input. */
  readonly command: (paths: { readonly text: string; readonly folder: string }) => readonly string[];
  /** How many parts it read, by what it wrote. */
  readonly partsIn: (written: Written) => number;
}

/** What a command wrote to its standard output. */
interface Written {
  readonly lines: number;
  readonly words: number;
  /** The beginning of it. */
  readonly head: string;
}

/** Of one length, so that characters tell how many there are. */
const line = (i: number): string => `Line ${String(i).padStart(9, '0')} of a text that does not end soon.\n`;

const SMALL = ['--hidden', '8', '--seed', '1', '--threads', '1'];
const TAGGER = ['--word-embedding', '8', '--character-embedding', '4', '--characters', '4', '--epochs', '1'];
const sentence = (i: number): string => `They can light the lamp number ${i} on that old boat.`;
/** With the full stop. */
const WORDS = 12;

const tagged: Pick<AppReading, 'app' | 'head' | 'prepare' | 'command'> = {
  app: 'tagger',
  head: '',
  prepare: (folder) => ['train', ...SMALL, ...TAGGER, '--out', folder],
  command: ({ folder }) => ['tag', '--model', folder],
};

/** What a number after a word in the output says, with commas. */
function countIn(pattern: RegExp, { head }: Written): number {
  const [, found] = pattern.exec(head) ?? [];
  if (found === undefined) throw new Error(`There is no ${pattern.source} in:\n${head}`);
  return Number(found.replaceAll(',', ''));
}

export const appReadings: Readonly<Record<string, AppReading>> = {
  'tagger-lines': {
    ...tagged,
    title: '`tagger tag`, a sentence a line',
    part: (i) => `${sentence(i)}\n`,
    partsIn: ({ lines }) => lines,
  },
  'tagger-line': {
    ...tagged,
    title: '`tagger tag`, one line without an end',
    part: (i) => `${sentence(i)} `,
    partsIn: ({ words }) => words / WORDS,
  },
  'char-rnn-train': {
    app: 'char-rnn',
    title: '`char-rnn train`, a text',
    head: '',
    part: line,
    command: ({ text, folder }) => ['train', text, ...SMALL, '--embedding', '8', '--steps', '2', '--out', folder],
    partsIn: (written) => countIn(/: ([\d,]+) characters/, written) / line(0).length,
  },
  'translator-train': {
    app: 'translator',
    title: '`translator train`, pairs',
    head: '',
    part: (i) => `Sentence ${i} is read, and ${i % 977} more like it.\tLa phrase ${i} est lue, et ${i % 977} autres.\n`,
    command: ({ text, folder }) => ['train', text, ...SMALL, '--embedding', '8', '--steps', '2', '--out', folder],
    // A twentieth each is kept.
    partsIn: (written) =>
      countIn(/([\d,]+) to learn/, written) +
      countIn(/([\d,]+) to check by/, written) +
      countIn(/([\d,]+) kept/, written),
  },
};

export interface AppOutcome {
  readonly parts: number;
  /** Bytes, the highest of the run. */
  readonly resident: number;
  /** Of processor time. */
  readonly seconds: number;
}

/** Runs a command to its end. */
export async function runApp(reading: AppReading, text: string, folder: string): Promise<AppOutcome> {
  const { app, prepare, command, partsIn } = reading;
  const model = join(folder, 'model');
  const where = { cwd: root, env: process.env, timeout: 600 };
  if (prepare) await run(process.execPath, [...appProgram(app), ...prepare(model)], where);
  const argv = command({ text, folder: model });
  const file = await open(text);
  const child = spawn(process.execPath, [...appProgram(app, '--import', TELLS), ...argv], {
    cwd: root,
    stdio: [argv.includes(text) ? 'ignore' : file.fd, 'pipe', 'pipe'],
  });
  let [lines, words, head, errors] = [0, 0, '', ''];
  child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
    if (head.length < 10_000) head += piece;
    lines += piece.split('\n').length - 1;
    // Each word has its tag after a slash.
    words += piece.split('/').length - 1;
  });
  child.stderr!.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  const [code] = (await once(child, 'close')) as [number | null];
  await file.close();
  const [, told] = /^RESOURCES (.*)$/m.exec(errors) ?? [];
  if (code !== 0 || told === undefined) throw new Error(`${[app, ...argv].join(' ')} failed:\n${head}\n${errors}`);
  return { parts: partsIn({ lines, words, head }), ...(JSON.parse(told) as Omit<AppOutcome, 'parts'>) };
}

/** A module that lets a program say at its end what it took. */
const TELLS = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); " +
    "console.error('RESOURCES ' + JSON.stringify({ resident: maxRSS * 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 })); });",
)}`;
