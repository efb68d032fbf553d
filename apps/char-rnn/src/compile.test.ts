import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from '@unroll/runtime';
import { Rng } from '@unroll/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../test/models.ts';
import { run } from '../test/terminal.ts';
import { compileCharRnn } from './compile.ts';
import { generate } from './generate.ts';
import { encodeCharRnn } from './model-file.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-compile-'));
afterAll(() => rmSync(root, { recursive: true }));

const characterModel = untrained(SENTENCE, { cell: 'lstm', layers: 2 });

/** As a page writes. */
async function written(file: Uint8Array<ArrayBuffer>, prime: string, length: number): Promise<string> {
  const model = await runtime.load(file);
  const characters = JSON.parse(model.metadata['characters']!) as readonly string[];
  const draw = runtime.sampled({ rng: new runtime.Rng(3), temperature: 0.8, topK: 5 });
  const tokens = runtime.generate({
    stream: model.stream(),
    prompt: Array.from(prime, (character) => characters.indexOf(character)),
    length,
    choose: (logits) => draw(Float64Array.from(logits, (logit, id) => (characters[id] === '' ? -Infinity : logit))),
  });
  return Array.from(tokens, (token) => characters[token]).join('');
}

describe('compileCharRnn', () => {
  it('writes what the model writes', async () => {
    let expected = '';
    const options = { rng: new Rng(3), temperature: 0.8, topK: 5 };
    for await (const character of generate({ ...characterModel, prime: 'the', length: 60, ...options })) {
      expected += character;
    }
    expect(await written(await compileCharRnn(characterModel), 'the', 60)).toBe(expected);
  });
});

describe('export', () => {
  it('writes the file, and replaces one only when told to', async () => {
    const model = join(root, 'model.safetensors');
    const out = join(root, 'compiled.safetensors');
    writeFileSync(model, await encodeCharRnn(characterModel));
    expect(await run('export', model, '--out', out)).toMatchObject({ code: 0, err: '' });
    const bytes = new Uint8Array(readFileSync(out));
    expect(bytes).toEqual(await compileCharRnn(characterModel));
    expect(await run('export', model, '--out', out)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--overwrite'),
    });
    expect(await run('export', model, '--out', out, '--overwrite')).toMatchObject({ code: 0 });
    expect(await run('export', join(root, 'none'), '--out', out)).toMatchObject({ code: 2 });
  });
});
