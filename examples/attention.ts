// Reversing a sequence, with attention and without. Without, all that was read must pass through one state; with it, the decoder looks back,
// from the end to the start: its weights form an anti-diagonal. `node attention.ts figure.svg` draws it.
import { writeFile } from 'node:fs/promises';
import {
  AttentionDecoder,
  type Decoder,
  DotScore,
  EncoderDecoder,
  PlainDecoder,
  TokenDecoder,
  gru,
  lastStateBridge,
} from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, type State } from '@unroll/cells';
import { pad } from '@unroll/data';
import { heatMapText, heatMapsSvg } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { Adam, clipByGlobalNorm } from '@unroll/optim';
import { Rng, type Tensor, type TensorTree, parametersOf, scope, setBackend } from '@unroll/tensor';

setBackend(await wasm());

const [PAD, START, FIRST, SYMBOLS, LONGEST] = [0, 1, 2, 6, 8];
const [embeddingSize, hiddenSize, steps] = [16, 32, Number(process.env['STEPS'] ?? 250)];

interface Batch {
  readonly source: Tensor;
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly mask: Tensor;
}

/** Random sequences and their reverses; the decoder reads the reverse one step late, after a start symbol. */
function makeBatch(rng: Rng, size: number): Batch {
  const sequences = Array.from({ length: size }, () =>
    Array.from({ length: 3 + rng.integer(LONGEST - 2) }, () => FIRST + rng.integer(SYMBOLS)),
  );
  const reversed = sequences.map((sequence) => sequence.toReversed());
  const { tokens: source, mask } = pad(sequences, { value: PAD });
  const { tokens: targets } = pad(reversed, { value: PAD });
  const { tokens: inputs } = pad(
    reversed.map((sequence) => [START, ...sequence.slice(0, -1)]),
    { value: PAD },
  );
  return { source, inputs, targets, mask };
}

/** An encoder and a decoder of GRU cells; what the decoder knows of the source is up to `decoder`. */
function makeModel<M extends TensorTree, C extends State, S extends State>(decoder: Decoder<M, C, S>, rng: Rng) {
  const count = FIRST + SYMBOLS;
  const embedding = (): Embedding => new Embedding({ count, size: embeddingSize, paddingIndex: PAD, rng });
  return new EncoderDecoder({
    embedding: embedding(),
    encoder: gru({ inputSize: embeddingSize, hiddenSize, rng }),
    decoder: new TokenDecoder({
      embedding: embedding(),
      decoder,
      bridge: lastStateBridge,
      output: new Linear({ inputSize: decoder.outputSize, outputSize: count, rng }),
    }),
  });
}

/** Trains, and gives the share of new symbols that are right, each sequence written by the model alone, and where it looked in the first. */
function train(model: ReturnType<typeof makeModel>): {
  readonly accuracy: number;
  readonly looked: Tensor | undefined;
} {
  const rng = new Rng(2);
  const parameters = parametersOf(model);
  const optimizer = new Adam({ parameters, learningRate: 0.005 });
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const { source, inputs, targets, mask } = makeBatch(rng, 32);
      const { grads } = valueAndGrad(() => {
        const { logits } = model.forward(source, inputs, { sourceMask: mask, mask });
        return crossEntropy(logits, targets, { mask });
      }, parameters);
      optimizer.step(clipByGlobalNorm(grads, 1).grads);
    });
  }
  const { source, inputs, targets, mask } = makeBatch(new Rng(3), 100);
  const { logits, alignments } = model.forward(source, inputs, { sourceMask: mask, mask, teacherForcing: 0, rng });
  const right = logits.argmax(2).equal(targets).cast('float32').mul(mask).sum().item();
  return { accuracy: right / mask.sum().item(), looked: alignments?.slice(0, 0, 1).squeeze(0) };
}

const rng = new Rng(1);
const plain = new PlainDecoder({ cell: new GruCell({ inputSize: embeddingSize, hiddenSize, rng }) });
const attentive = new AttentionDecoder({
  cell: new GruCell({ inputSize: embeddingSize + hiddenSize, hiddenSize, rng }),
  score: new DotScore(),
  valueSize: hiddenSize,
});
const without = train(makeModel(plain, rng));
const withAttention = train(makeModel(attentive, rng));
console.log(
  `right symbols after ${steps} steps: ${percent(without)} without attention, ${percent(withAttention)} with`,
);

// A row for each symbol written, a column for each symbol read.
const [rows, columns] = withAttention.looked!.shape as [number, number];
const matrix = { rows, columns, data: withAttention.looked!.dataSync() };
const title = 'down: written; across: read';
console.log(heatMapText({ title, matrix, ...terminal() }));
const path = process.argv[2];
if (path !== undefined) {
  const panels = [{ title, matrix }];
  await writeFile(path, heatMapsSvg({ title: 'A sequence reversed', panels, xTitle: 'symbol read' }));
}
if (withAttention.accuracy <= without.accuracy) throw new Error('attention did not help');

function percent({ accuracy }: { readonly accuracy: number }): string {
  return `${(100 * accuracy).toFixed(1)} %`;
}
