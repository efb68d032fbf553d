// Shows that the built packages work in a real browser, minified, under a policy that forbids eval: pnpm proof:browser
// Needs Chromium: CHROMIUM_PATH, or `chromium` on the PATH (Debian: apt-get install chromium).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Rng } from '@unroll/tensor';
import { build } from 'vite';

const DEADLINE = 120_000;
const chromium = process.env['CHROMIUM_PATH'] ?? 'chromium';
if (spawnSync(chromium, ['--version']).status !== 0) {
  console.error(`${chromium} does not run. Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH.`);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'unroll-browser-'));
const source = fileURLToPath(new URL('browser', import.meta.url));
try {
  await build({ root: source, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true, modulePreload: false } });
  const { result, bytes } = await runPage();
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

async function runPage(): Promise<{ result: Record<string, unknown>; bytes: { plain: number; gzip: number } }> {
  const bytes = { plain: 0, gzip: 0 };
  let report: (result: string) => void = () => undefined;
  const reported = new Promise<string>((resolve) => (report = resolve));
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method === 'POST') {
        report(await bodyOf(request));
        response.end();
        return;
      }
      const path = request.url === '/' ? '/index.html' : request.url!;
      const file = await readFile(join(folder, path)).catch(() => undefined);
      if (file && path.endsWith('.js')) {
        bytes.plain += file.length;
        bytes.gzip += gzipSync(file).length;
      }
      response.writeHead(file ? 200 : 404, {
        'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'self'",
      });
      response.end(file);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const profile = join(folder, 'profile');
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
  });
  const timer = setTimeout(() => report('{"error":"no answer from the page in two minutes"}'), DEADLINE);
  try {
    return { result: JSON.parse(await reported) as Record<string, unknown>, bytes };
  } finally {
    clearTimeout(timer);
    server.closeAllConnections();
    server.close();
    browser.kill();
    await once(browser, 'exit');
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
