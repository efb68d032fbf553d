import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DEADLINE = 120_000;
const chromium = process.env['CHROMIUM_PATH'] ?? 'chromium';

/** Ends the program where there is no Chromium. */
export function requireChromium(): void {
  if (spawnSync(chromium, ['--version']).status === 0) return;
  console.error(`${chromium} does not run. Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH.`);
  process.exit(2);
}

/** What a page reported, and how much JavaScript it loaded. */
export interface Visit {
  readonly result: Readonly<Record<string, unknown>>;
  readonly bytes: { readonly plain: number; readonly gzip: number };
}

const NO_GPU = ['--disable-gpu'];

/** WebGL 2 and WebGPU in software. */
export const GPU_FLAGS: readonly string[] = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** Serves a folder with these headers, opens its index.html in Chromium, and waits for what the page posts. */
export async function visit(
  folder: string,
  headers: Readonly<Record<string, string>>,
  gpu: readonly string[] = NO_GPU,
): Promise<Visit> {
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
        ...headers,
      });
      response.end(file);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const profile = join(folder, `profile-${port}`);
  const flags = ['--headless', '--no-sandbox', ...gpu, '--no-first-run', '--disable-background-networking'];
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
