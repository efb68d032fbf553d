// Shows that a page trains with two threads where it is cross-origin isolated, and says so and uses one where it is not, with the
// same bits: pnpm proof:threads
// Needs Chromium: CHROMIUM_PATH, or `chromium` on the PATH (Debian: apt-get install chromium).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasm } from '@unroll/backend-wasm';
import { build } from 'vite';
import { argumentsOf } from './shared/arguments.ts';
import { requireChromium, visit } from './shared/chromium.ts';
import { train } from './threads/train.ts';

const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

await argumentsOf({
  name: 'pnpm proof:threads',
  description:
    'Shows that a page of Chromium trains with two threads where it may, and where not with one. CHROMIUM_PATH names it.',
});

requireChromium();
const here = await wasm({ threads: 2, relaxedSimd: false });
const losses = train(here, 30);
console.log(`here: ${here.description}; losses ${losses[0]} … ${losses.at(-1)}`);
assert.ok(losses.at(-1)! < 0.5 * losses[0]!, 'the model did not learn');

const folder = await mkdtemp(join(tmpdir(), 'unroll-threads-'));
const source = fileURLToPath(new URL('threads', import.meta.url));
try {
  await build({ root: source, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true, modulePreload: false } });

  const { result: isolated, bytes } = await visit(folder, { 'content-security-policy': policy, ...isolation });
  console.log(`bundle ${(bytes.plain / 1024).toFixed(0)} KiB minified, ${(bytes.gzip / 1024).toFixed(0)} KiB gzip`);
  report('isolated', isolated);
  assert.equal(isolated['error'], undefined);
  assert.equal(isolated['isolated'], true);
  assert.match(String(isolated['description']), /, 2 threads;/);
  assert.deepEqual(isolated['losses'], losses);

  const { result: plain } = await visit(folder, { 'content-security-policy': policy });
  report('not isolated', plain);
  assert.equal(plain['error'], undefined);
  assert.equal(plain['isolated'], false);
  assert.match(String(plain['description']), /, 1 of 2 threads;/);
  assert.match(String(plain['said']), /not cross-origin isolated/);
  assert.deepEqual(plain['losses'], losses);

  // A policy that forbids workers.
  const noWorkers = policy.replace("worker-src 'self'", "worker-src 'none'");
  const { result: refused } = await visit(folder, { 'content-security-policy': noWorkers, ...isolation });
  report('isolated, workers forbidden', refused);
  assert.equal(refused['error'], undefined);
  assert.match(String(refused['description']), /, 1 of 2 threads;/);
  assert.match(String(refused['said']), /a worker ended/);
  assert.deepEqual(refused['losses'], losses);
  console.log('ok: two threads with isolation, one without, which it says; the same bits as here');
} finally {
  await rm(folder, { recursive: true, force: true });
}

function report(name: string, result: Readonly<Record<string, unknown>>): void {
  const { losses: list, ...rest } = result;
  const last = Array.isArray(list) ? list.at(-1) : undefined;
  console.log(name, JSON.stringify({ ...rest, lastLoss: last }));
}
