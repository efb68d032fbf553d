import { machine } from '../shared/machine.ts';
import { today } from '../shared/results.ts';
import { textIn } from './app-command.ts';
import { integerOf } from '../shared/arguments.ts';
import type { Outcome, ReferenceKind } from './kind.ts';
import { trainByCommand } from './tagger-command.ts';

const SETTINGS = 'apps/tagger/configs/wnut17.jsonc';

/**
 * Entities of WNUT 2017. There is no run of PyTorch to compare it with: what the settings of the app reach.
 */
export const entities: ReferenceKind = {
  name: 'entities',
  files: ['ner/wnut17.train.conll.gz', 'ner/wnut17.dev.conll.gz'],
  runs: [],
  options: { seed: 'another than 1' },
  async run([trainFile, devFile], given): Promise<Outcome> {
    const seed = integerOf(given, 'seed', 1);
    const files = { trainFile: trainFile!, devFile: devFile! };
    const { told, evaluation, cpuSeconds } = await trainByCommand({ ...files, settings: SETTINGS, options: [], seed });
    console.log(evaluation);
    const [precision, recall, f1] = textIn(/^all +(\S+ +\S+ +\S+)/m, evaluation).split(/ +/);
    const result =
      `\`tagger train\` with \`${SETTINGS}\`, seed ${seed}, reaches an F1 of **${f1}** (precision ${precision}, recall ${recall}) over the spans of the ` +
      `dev part, in ${(cpuSeconds / 60).toFixed(1)} minutes of one processor, reading, validations and report included. It learns from ` +
      `${textIn(/: ([\d,]+ sentences, [\d,]+ words)$/m, told)}, and knows no vectors from elsewhere.`;
    console.log(`\n${result}\n`);
    return { part: Object.keys(given).length > 0 ? undefined : [...about(), result], failures: [] };
  },
};

function about(): readonly string[] {
  return [
    '## Entities',
    'WNUT 2017, entities that nobody has heard of: comments and messages, columns of words and BIO tags. There is no run of PyTorch to compare this ' +
      'one with; a span is right if its type and both its ends are, as conlleval counts.',
    `${today()}, ${machine()}, backend wasm, one thread. Again: \`pnpm train:reference --only entities\` (needs the sentences; \`UNROLL_DATA\`).`,
  ];
}
