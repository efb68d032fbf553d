// Chromium with a page of this folder in it: built by Vite, served on 127.0.0.1.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { type Page, chromium } from 'playwright';
import { type Plugin, build, defaultClientConditions } from 'vite';
// @boundaries-ignore the browser is found as the tests find it, which belong to no package
import { findChromium } from '../../scripts/chromium.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Lets threads share memory. */
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** A GPU in software, which a machine without one has too. */
const SOFTWARE = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--use-webgpu-adapter=swiftshader'];
const QUIET =
  '--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

type BrowserPackages = Readonly<Record<string, string | undefined>>;

export interface BrowserOptions {
  /** Folders of packages that are not installed in this repository, by the name that the page imports; undefined for those that nobody needs. */
  readonly packages: BrowserPackages;
  /** The machine's own GPU, not one in software. */
  readonly hardware: boolean;
}

export interface Browser {
  readonly version: string;
  /** A new page; the one before is closed. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** Builds the page, serves it, and starts Chromium (CHROMIUM_PATH, or the one in PATH). */
export async function startBrowser({ packages, hardware }: BrowserOptions): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), 'unroll-gpu-bench-'));
  await buildPage(folder, packages);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    readFile(join(folder, path === '/' ? 'index.html' : path)).then(
      (file) => {
        response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? TYPES['.html']!, ...ISOLATION });
        response.end(file);
      },
      () => response.writeHead(404, ISOLATION).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const args = [...QUIET.split(' '), '--enable-unsafe-webgpu', ...(hardware ? hardwareFlags : SOFTWARE)];
  const browser = await chromium.launch({
    executablePath: requireChromium(),
    headless: true,
    args,
  });
  let page: Page | undefined;
  return {
    version: browser.version(),
    open: async () => {
      await page?.close({ runBeforeUnload: false });
      page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.waitForFunction('"bench" in globalThis');
      return page;
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws Error if there is none */
function requireChromium(): string {
  const found = findChromium();
  if (found === undefined)
    throw new Error('there is no Chromium. Install it (Debian: apt-get install chromium), or set CHROMIUM_PATH.');
  return found;
}

const hardwareFlags = ['--use-angle=vulkan', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];

async function buildPage(folder: string, packages: BrowserPackages): Promise<void> {
  const there = Object.entries(packages).filter((each): each is [string, string] => each[1] !== undefined);
  const absent = Object.keys(packages).filter((name) => packages[name] === undefined);
  const require = createRequire(new URL('../../packages/backend-gpujs/package.json', import.meta.url));
  await build({
    root: fileURLToPath(new URL('page', import.meta.url)),
    logLevel: 'error',
    configFile: false,
    plugins: [typescriptSources()],
    resolve: {
      alias: { ...Object.fromEntries(there), 'gpu.js': require.resolve('gpu.js/dist/gpu-browser.js') },
      conditions: ['@unroll/source', ...defaultClientConditions],
    },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'esnext',
      chunkSizeWarningLimit: 10_000,
      rollupOptions: { external: absent },
    },
    worker: { format: 'es' },
  });
}

/** Contestants run as JavaScript elsewhere, and import each other as such. */
function typescriptSources(): Plugin {
  return {
    name: 'typescript-sources',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!source.endsWith('/workloads.js') || importer === undefined) return null;
      return this.resolve(source.replace(/\.js$/, '.ts'), importer, { skipSelf: true });
    },
  };
}
