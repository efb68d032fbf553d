// Shows that a model that was compiled ahead of time writes on the page of examples/browser-generate, which has nothing else but the
// runtime, under a strict policy, and writes the same as here: pnpm proof:runtime
// Needs Chromium: CHROMIUM_PATH, or `chromium` on the PATH (Debian: apt-get install chromium).
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LanguageModelCell, generate, sampled } from '@unroll/architectures';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { Embedding, Linear } from '@unroll/layers';
import { Rng } from '@unroll/tensor';
import { argumentsOf } from './shared/arguments.ts';
import { requireChromium, visit } from './shared/chromium.ts';

const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

await argumentsOf({
  name: 'pnpm proof:runtime',
  description: 'Shows that a compiled model writes on a page of Chromium what it writes here. CHROMIUM_PATH names it.',
});

requireChromium();
const rng = new Rng(1);
const characters = Array.from('\n abcdefghijklmnopqrstuvwxyzO.');
// Untrained, with large weights, so that it writes many words and not one character.
const cell = new LanguageModelCell({
  embedding: new Embedding({ count: characters.length, size: 32, rng }),
  cell: new LstmCell({ inputSize: 32, hiddenSize: 128, rng }),
  output: new Linear({ inputSize: 128, outputSize: characters.length, rng }),
});
cell.output.weight.value = cell.output.weight.value.mul(8);
const metadata = { characters: JSON.stringify(characters) };
const file = await compileModel({ cell, dtype: 'int32', metadata });

let expected = 'Once ';
const prompt = Array.from(expected, (character) => characters.indexOf(character));
const choose = sampled({ rng: new Rng(1), temperature: 0.6 });
for await (const token of generate({ cell, prompt, length: 600, choose })) expected += characters[token];

const folder = await mkdtemp(join(tmpdir(), 'unroll-runtime-'));
try {
  await cp(fileURLToPath(new URL('../../examples/browser-generate', import.meta.url)), folder, { recursive: true });
  await cp(fileURLToPath(import.meta.resolve('@unroll/runtime')), join(folder, 'runtime.js'));
  await cp(fileURLToPath(new URL('runtime/report.js', import.meta.url)), join(folder, 'report.js'));
  await writeFile(join(folder, 'model.safetensors'), file);
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  await writeFile(
    join(folder, 'index.html'),
    page.replace('</head>', '<script type="module" src="report.js"></script></head>'),
  );

  const { result } = await visit(folder, { 'content-security-policy': policy });
  console.log(result['status']);
  assert.match(String(result['status']), /^600 characters in \d+ ms$/);
  assert.equal(result['text'], expected);

  // A policy that forbids WebAssembly, and a file that was cut off: the page says what is wrong.
  const { result: refused } = await visit(folder, { 'content-security-policy': "default-src 'self'" });
  assert.match(String(refused['status']), /wasm-unsafe-eval/);
  await writeFile(join(folder, 'model.safetensors'), file.subarray(0, -1));
  const { result: broken } = await visit(folder, { 'content-security-policy': policy });
  assert.match(String(broken['status']), /cut off/);
  console.log('ok: the page writes what is written here, and says so when it can’t');
} finally {
  await rm(folder, { recursive: true, force: true });
}
