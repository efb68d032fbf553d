// Greedy decoding takes the likeliest word at each step and ends up in an unlikely sentence; a beam keeps alternatives.
// `node beam-search.ts figure.svg` draws how likely each sentence is, word by word.
import { writeFile } from 'node:fs/promises';
import { beamSearch, decode, greedy, languageModel, streamBeamSearch } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import type { RecurrentCell } from '@unroll/cells';
import { curvesSvg, curvesText } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Parameter, setBackend, tensor } from '@unroll/tensor';

setBackend(await wasm());

const WORDS = ['<start>', '<end>', 'the', 'a', 'dog', 'cat', 'nice', 'barks'];

/** p(next word | last word), by rows; a network would compute them. */
const table = new Parameter(
  tensor([
    [0, 0, 0.6, 0.4, 0, 0, 0, 0], // <start>
    [0, 1, 0, 0, 0, 0, 0, 0], // <end>
    [0, 0, 0, 0, 0.3, 0.3, 0.4, 0], // the
    [0, 0, 0, 0, 0.9, 0.1, 0, 0], // a
    [0, 0.2, 0, 0, 0, 0, 0, 0.8], // dog
    [0, 0.9, 0, 0, 0, 0, 0, 0.1], // cat
    [0, 0, 0, 0, 0.4, 0.4, 0.2, 0], // nice
    [0, 1, 0, 0, 0, 0, 0, 0], // barks
  ]),
);

/** Any cell from a token to the logits of the next will do. */
const cell: RecurrentCell<readonly []> = {
  inputSize: 1,
  outputSize: WORDS.length,
  initialState: () => [],
  step: (token, state) => [table.value.gather(token.squeeze(1)).log(), state],
};

const sentence = (tokens: readonly number[]): string => tokens.map((token) => WORDS[token]).join(' ');
const options = { model: languageModel({ cell }), start: 0, end: 1, maxLength: 8 };

const [taken] = await decode({ ...options, choose: greedy() });
console.log(`greedy            ${taken!.logProbability.toFixed(3)}  ${sentence(taken!.tokens)}`);

const [hypotheses] = await beamSearch({ ...options, beamSize: 4, nBest: 3 });
for (const { score, tokens } of hypotheses!) console.log(`beam of 4         ${score.toFixed(3)}  ${sentence(tokens)}`);

// A word is given as soon as no other sentence can win any more.
const words: string[] = [];
for await (const { token } of streamBeamSearch({ ...options, beamSize: 4 })) words.push(WORDS[token]!);
console.log(`as a stream              ${words.join(' ')}`);

/** log p of the words so far, after each. */
function course(tokens: readonly number[]): number[] {
  const rows = table.value.dataSync();
  let logProbability = 0;
  return tokens.map((token, i) => (logProbability += Math.log(rows[(tokens[i - 1] ?? 0) * WORDS.length + token]!)));
}

const figure = {
  title: 'The likeliest beginning is not that of the likeliest sentence',
  xTitle: 'word',
  yTitle: 'log p so far',
  curves: [
    { name: `greedy: ${sentence(taken!.tokens)}`, values: course(taken!.tokens) },
    { name: `beam of 4: ${sentence(hypotheses![0]!.tokens)}`, values: course(hypotheses![0]!.tokens) },
  ],
};
console.log(curvesText({ ...figure, ...terminal() }));
const path = process.argv[2];
if (path !== undefined) await writeFile(path, curvesSvg(figure));

if (!(hypotheses![0]!.logProbability > taken!.logProbability)) throw new Error('the beam found nothing better');
