import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DEADLINE = 120;

/** What a page reported, and how much JavaScript it loaded. */
export interface Visit {
  readonly result: Readonly<Record<string, unknown>>;
  readonly bytes: { readonly plain: number; readonly gzip: number };
}

/** Opens a page in a browser, whose profile may lie in a folder that does not exist yet. */
export type OpenPage = (url: string, profile: string) => { close(): Promise<void> };

/** Serves a folder with these headers, opens its index.html, and waits, `deadline` seconds at most, for what the page posts. */
export async function visitWith(
  open: OpenPage,
  folder: string,
  headers: Readonly<Record<string, string>>,
  deadline: number = DEADLINE,
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
  const browser = open(`http://127.0.0.1:${port}/`, join(folder, `profile-${port}`));
  const late = JSON.stringify({ error: `no answer from the page in ${deadline} seconds` });
  const timer = setTimeout(() => report(late), deadline * 1000);
  try {
    return { result: JSON.parse(await reported) as Record<string, unknown>, bytes };
  } finally {
    clearTimeout(timer);
    server.closeAllConnections();
    server.close();
    await browser.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
