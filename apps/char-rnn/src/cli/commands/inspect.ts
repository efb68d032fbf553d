import {
  type BackendValues,
  type Command,
  type OptionsFor,
  type Terminal,
  UsageError,
  anyText,
  backendOptions,
  integer,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
  writeOutput,
} from '@unroll/app-kit/cli';
import { blueWhiteRed, heatMapText } from '@unroll/inspect';
import { terminal as terminalOf } from '@unroll/inspect/node';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { FEATURES } from '../../units/features.ts';
import { type Followers, comparedWith, unitRow, unitsThatFollow } from '../../units/follow.ts';
import { type UnitSeries, readUnits } from '../../units/read-units.ts';
import { beginningOf } from '../text-file.ts';
import { unknownCharacters } from '../unknown-characters.ts';
import { type ShownUnit, nameOfUnit, unitsPage, unitsPicture } from '../units-page.ts';

interface InspectValues extends Pick<BackendValues, 'backend'> {
  readonly model: string;
  readonly text: string | undefined;
  readonly over: string | undefined;
  readonly characters: number;
  readonly top: number;
  readonly draw: string | undefined;
}

/** How much of the text that units are chosen by is shown where no other text is given. */
const SHOWN = 400;

const options: OptionsFor<InspectValues> = {
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'char-rnn-model' }),
  text: anyText({ hint: 'text', help: 'what to draw the units over [the beginning of the other text]' }),
  over: path({ hint: 'file', help: 'a UTF-8 text by which the units are chosen [built-in tales]' }),
  characters: integer({ hint: 'n', help: 'how much of it is read', min: 100, fallback: '6000' }),
  top: integer({ hint: 'n', help: 'units for each feature', min: 1, max: 100, fallback: '3' }),
  draw: path({
    hint: 'file',
    help: 'also draw the units over the text: a page as .html, or a picture as .svg',
    endings: ['.html', '.svg'],
  }),
  backend: backendOptions.backend,
};

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'show which units follow quotes, indentation, lines',
  description:
    'Tells which units of a model follow quotes, indentation, the place in line and word: whose gates or states correlate with them over a text; and draws ' +
    'the best of each over another text, in the terminal and as a page. Units are chosen by one half of the text, and their correlation r is ' +
    'that over the other half.',
  usage: '[path] [text] [options]',
  groups: { Options: { ...options } },
  positional: 'model',
  morePositionals: ['text'],
  examples: [
    `inspect char-rnn-model '"I pass," said the river.' --draw units.html`,
    'inspect char-rnn-model --over program.c --characters 20000',
  ],
  async run(given, terminal) {
    const { stdout, stderr } = terminal;
    const values = readOptions(options, given);
    if (values.text === '') throw new UsageError('--text is empty: give a text to draw the units over.');
    await useBackend({ ...values, threads: 1, vectors: '128' }, (message) => writeLine(stderr, message));
    const { model, vocabulary } = await loadModel(values.model, CHAR_RNN_FORMAT);
    const over = await beginningOf(values.over, values.characters);
    const read = async (text: string): Promise<readonly UnitSeries[]> => readUnits(model, vocabulary.encode(text));
    const chosenFrom = await read(over.content);
    const followers = unitsThatFollow(chosenFrom, Array.from(over.content), FEATURES, values.top);
    const text = values.text ?? Array.from(over.content).slice(0, SHOWN).join('');
    const { unknowns } = vocabulary.encodeWithUnknowns((values.text ?? '') + over.content);
    if (unknowns.size > 0) {
      writeLine(stderr, `The model does not know ${unknownCharacters(unknowns)}. It reads on without what they mean.`);
    }
    const shown = shownUnits(await read(text), chosenFrom, followers);
    const characters = Array.from(text);
    tell(followers, over.name, terminal);
    draw(characters, shown, terminal);
    if (values.draw === undefined) return 0;
    const drawn = values.draw.endsWith('.svg')
      ? unitsPicture(characters, shown)
      : unitsPage({ model: values.model, over: over.name, followers, characters, shown });
    await writeOutput(values.draw, drawn, 'draw');
    writeLine(stdout, `The units are drawn in ${values.draw}.`);
    return 0;
  },
};

/** The best unit of each feature, against what it usually is. */
function shownUnits(
  all: readonly UnitSeries[],
  usually: readonly UnitSeries[],
  followers: readonly Followers[],
): readonly ShownUnit[] {
  return followers.flatMap(({ feature, units: [best] }) => {
    const [series, usual] = [all, usually].map((each) => each.find(({ name }) => name === best?.series));
    if (!best || !series || !usual) return [];
    const { correlation } = best;
    const name = `${feature.name}: ${nameOfUnit(best)}`;
    return [
      {
        name,
        meaning: feature.meaning,
        correlation,
        values: comparedWith(unitRow(series, best.unit), unitRow(usual, best.unit)),
      },
    ];
  });
}

function tell(followers: readonly Followers[], over: string, { stdout }: Terminal): void {
  writeLine(stdout, `Units that follow, by ${over}; r is over the half by which they were not chosen:`);
  writeLine(stdout);
  const width = Math.max(...followers.map(({ feature }) => feature.name.length));
  for (const { feature, units } of followers) {
    const told = units.map((unit) => `${nameOfUnit(unit)} (r ${unit.correlation.toFixed(2)})`).join('; ');
    writeLine(stdout, `  ${feature.name.padEnd(width)}  ${told === '' ? 'always the same in half of the text' : told}`);
  }
  writeLine(stdout);
}

/** A strip for each unit, above the text. */
function draw(characters: readonly string[], shown: readonly ShownUnit[], { stdout }: Terminal): void {
  const { columns, colorDepth } = terminalOf(stdout);
  for (const { name, meaning, values } of shown) {
    const strip = heatMapText({
      title: `${name}, ${meaning}`,
      matrix: { rows: 1, columns: characters.length, data: values },
      columnLabels: characters.map((character) => (character === '\n' ? '↵' : character)),
      range: [-1, 1],
      palette: blueWhiteRed,
      columns: Math.min(columns, 100),
      colorDepth,
    });
    writeLine(stdout, strip);
  }
}
