import { table } from '../shared/results.ts';
import { textIn } from './app-command.ts';
import { trainByCommand } from './tagger-command.ts';

const SETTINGS = 'apps/tagger/configs/ewt.jsonc';

/** What the settings that are made to go past the reference must reach. */
const PAST = 0.94;

interface SettingsRun {
  readonly describe: string;
  readonly options: readonly string[];
}

/** Six epochs, so that each takes half the time. */
const SHORT = ['--epochs', '6'];

/** The settings as they are, and then with one thing changed at a time, to tell what it is good for. */
export const SETTINGS_RUNS: Readonly<Record<string, SettingsRun>> = {
  past: { describe: 'as they are: ten epochs', options: [] },
  short: { describe: 'six epochs', options: SHORT },
  'few-units': {
    describe: 'six epochs, words are spelled by half the units',
    options: [...SHORT, '--characters', '25', '--character-embedding', '25'],
  },
  'plain-dropout': {
    describe: 'six epochs, plain dropout of 0.4 in place of locked',
    options: [...SHORT, '--dropout', '0.4', '--locked-dropout', '0'],
  },
  'constant-rate': { describe: 'six epochs, the rate does not fall', options: [...SHORT, '--schedule', 'constant'] },
  'word-dropout': { describe: 'six epochs, word dropout of 0.15', options: [...SHORT, '--word-dropout', '0.15'] },
};

export interface SettingsResult {
  readonly name: string;
  readonly accuracy: number;
  /** Of the words that the model does not know. */
  readonly unknown: number;
  /** Of the whole command. */
  readonly cpuSeconds: number;
}

export async function runSettings(
  name: string,
  data: { readonly trainFile: string; readonly devFile: string; readonly seed: number },
): Promise<SettingsResult> {
  const { options } = SETTINGS_RUNS[name]!;
  const { evaluation, cpuSeconds } = await trainByCommand({ ...data, settings: SETTINGS, options });
  console.log(`${name}: ${evaluation.split('\n').slice(0, 4).join('; ')}`);
  return {
    name,
    accuracy: Number(textIn(/^accuracy +([\d.]+) %/m, evaluation)) / 100,
    unknown: Number(textIn(/^unknown words .*accuracy ([\d.]+) %/m, evaluation)) / 100,
    cpuSeconds,
  };
}

/** What lies below what the settings must reach. */
export function settingsFailures(results: readonly SettingsResult[]): readonly string[] {
  const past = results.find(({ name }) => name === 'past');
  // NaN is not above anything.
  return !past || past.accuracy > PAST ? [] : [`past: ${past.accuracy.toFixed(4)} is not above ${PAST}.`];
}

/** Paragraphs for the page. */
export function aboutSettings(results: readonly SettingsResult[]): readonly string[] {
  const past = results.find(({ name }) => name === 'past');
  const others = results.filter(({ name }) => name !== 'past');
  const numbers = ['Accuracy', 'Unknown words', 'CPU min'];
  return [
    ...(past
      ? [
          `Past the reference: \`tagger train\` with \`${SETTINGS}\` reaches **${past.accuracy.toFixed(4)}** (${past.unknown.toFixed(4)} of the words ` +
            `that it does not know) in ${minutes(past)} minutes of one processor, reading, validations and report included.`,
        ]
      : []),
    ...(others.length > 0
      ? [
          'What each of these settings is good for, by one seed; each run but the first of the table changes one thing of it.',
          table(
            ['Settings', ...numbers, 'Options'],
            others.map((each) => [
              SETTINGS_RUNS[each.name]!.describe,
              each.accuracy.toFixed(4),
              each.unknown.toFixed(4),
              minutes(each),
              `\`${SETTINGS_RUNS[each.name]!.options.join(' ')}\``,
            ]),
            numbers,
          ),
        ]
      : []),
  ];
}

function minutes({ cpuSeconds }: SettingsResult): string {
  return (cpuSeconds / 60).toFixed(1);
}
