// Shows that the built packages work in a real browser, minified, under a policy that forbids eval: pnpm proof:browser
// Needs Chromium: CHROMIUM_PATH, or `chromium` on the PATH (Debian: apt-get install chromium).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rng } from '@unroll/tensor';
import { build } from 'vite';
import { argumentsOf } from './shared/arguments.ts';
import { requireChromium, visit } from './shared/chromium.ts';

await argumentsOf({
  name: 'pnpm proof:browser',
  description:
    'Shows that the built packages work in Chromium, minified, under a policy that forbids eval. CHROMIUM_PATH names it.',
});

requireChromium();
const folder = await mkdtemp(join(tmpdir(), 'unroll-browser-'));
const source = fileURLToPath(new URL('browser', import.meta.url));
try {
  await build({ root: source, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true, modulePreload: false } });
  const { result, bytes } = await visit(folder, { 'content-security-policy': "default-src 'self'" });
  console.log(`bundle ${(bytes.plain / 1024).toFixed(0)} KiB minified, ${(bytes.gzip / 1024).toFixed(0)} KiB gzip`);
  console.log(JSON.stringify(result, undefined, 2));
  assert.equal(result['error'], undefined);
  assert.ok(Number(result['lastLoss']) < 0.1 * Number(result['firstLoss']), 'the model did not learn');
  assert.equal(result['loadedModelAgrees'], true);
  assert.equal(result['timerRanDuringTraining'], true);
  assert.deepEqual(result['parameters'], [
    'cell.weight_ih',
    'cell.weight_hh',
    'cell.bias_ih',
    'cell.bias_hh',
    'output.weight',
    'output.bias',
  ]);
  assert.deepEqual(result['draws'], [...new Rng(42).normal([4], { dtype: 'float64' }).dataSync()]);
  console.log('ok: trains, saves and loads in the browser; the same random bits as here');
} finally {
  await rm(folder, { recursive: true, force: true });
}
