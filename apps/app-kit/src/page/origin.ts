import { arch, cpus, platform } from 'node:os';
import type { Texts } from '../options/given.ts';
import { count } from '../report/format.ts';
import type { DataIdentity } from '../run-metadata.ts';
import type { Html } from './html.ts';
import { facts, passages } from './page.ts';

/** What a run was made of, for those who want it again. */
export interface Origin {
  /** The app's name and version. */
  readonly program: string;
  readonly data: DataIdentity;
  /** All settings, as texts. */
  readonly settings: Texts;
  /** The command line that begins the same again. */
  readonly command: string;
  readonly backend: string;
}

/** Settings, data, environment and command, as the last sections of a report. */
export function originOf({ program, data, settings, command, backend }: Origin): readonly Html[] {
  return [
    facts('Settings', Object.entries(settings)),
    facts('Data', [
      ['Name', data.name],
      ['Length', count(data.length)],
      ['SHA-256', data.sha256],
    ]),
    facts('Environment', environment(backend, program)),
    passages('The same again', [['Command', command]]),
  ];
}

/** What a program runs on: name and value, for people. */
function environment(backend: string, program: string): readonly (readonly [name: string, value: string])[] {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? '';
  return [
    ['Program', program],
    ['Computes on', backend],
    ['Node', process.versions.node],
    ['System', `${platform()} on ${arch()}`],
    ['Processors', `${processors.length}${model === '' ? '' : ` × ${model}`}`],
  ];
}
