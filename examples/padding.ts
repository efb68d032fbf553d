// Sequences of different lengths in one batch: the mask makes padding invisible, in both directions.
import { Bidirectional } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { GruCell } from '@unroll/cells';
import { pad } from '@unroll/data';
import { Embedding } from '@unroll/layers';
import { Rng, setBackend } from '@unroll/tensor';

setBackend(await wasm());

const rng = new Rng(1);
const embedding = new Embedding({ count: 10, size: 4, paddingIndex: 0, rng });
const layer = new Bidirectional({
  forwardCell: new GruCell({ inputSize: 4, hiddenSize: 3, rng }),
  backwardCell: new GruCell({ inputSize: 4, hiddenSize: 3, rng }),
});

const sentences = [
  [3, 1, 4, 1, 5],
  [9, 2, 6],
];
const { tokens, mask, lengths } = pad(sentences);
const [batched] = layer.forward(embedding.forward(tokens), { mask });

for (const [i, sentence] of sentences.entries()) {
  const [alone] = layer.forward(embedding.forward(pad([sentence]).tokens));
  const inBatch = batched.slice(0, i, 1).slice(1, 0, lengths[i]!);
  const difference = inBatch.sub(alone).abs().max().item();
  console.log(`sentence ${i + 1}, ${lengths[i]} words: largest difference between batched and alone ${difference}`);
  if (difference > 1e-6) throw new Error('padding leaked into the result');
}
