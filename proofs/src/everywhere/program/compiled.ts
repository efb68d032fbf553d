import { LanguageModelCell } from '@unroll/architectures';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { Embedding, Linear } from '@unroll/layers';
import { Rng as RuntimeRng, generate, load, sampled } from '@unroll/runtime';
import { Rng } from '@unroll/tensor';
import { digest } from './digest.ts';
import type { Compiled } from './findings.ts';

const CHARACTERS = Array.from('\n abcdefghijklmnopqrstuvwxyzO.');
const PROMPT = 'Once ';
const LENGTH = 4000;

/** The file of a model that is the same for everybody. Untrained, with large weights, so that it writes many words. */
export function makeCompiled(): Promise<Uint8Array> {
  const rng = new Rng(1);
  const cell = new LanguageModelCell({
    embedding: new Embedding({ count: CHARACTERS.length, size: 32, rng }),
    cell: new LstmCell({ inputSize: 32, hiddenSize: 128, rng }),
    output: new Linear({ inputSize: 128, outputSize: CHARACTERS.length, rng }),
  });
  cell.output.weight.value = cell.output.weight.value.mul(8);
  return compileModel({ cell, dtype: 'int32', metadata: { characters: JSON.stringify(CHARACTERS) } });
}

/** Compiles the model, and writes with the file that was made elsewhere. */
export async function runCompiled(file: Uint8Array): Promise<Compiled> {
  const made = await digest(await makeCompiled());
  const model = await load(Uint8Array.from(file));
  const prompt = Array.from(PROMPT, (character) => CHARACTERS.indexOf(character));
  const write = (): string => {
    const choose = sampled({ rng: new RuntimeRng(1), temperature: 0.6 });
    const tokens = generate({ stream: model.stream(), prompt, length: LENGTH, choose });
    return Array.from(tokens, (token) => CHARACTERS[token]).join('');
  };
  const text = write();
  const start = performance.now();
  write();
  return { made, text, tokensPerSecond: (LENGTH / (performance.now() - start)) * 1000 };
}
