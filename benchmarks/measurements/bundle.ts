// How many bytes a page loads that only writes with a trained char-RNN: bundled and minified from the built packages.
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { report } from './measurement.ts';

const entry = fileURLToPath(new URL('bundle-entry.ts', import.meta.url));
const built = await build({
  configFile: false,
  logLevel: 'silent',
  build: { write: false, minify: true, target: 'es2023', lib: { entry, formats: ['es'], fileName: 'bundle' } },
});
const chunks = [built].flat().flatMap((each) => ('output' in each ? each.output : []));
const files = chunks.map((chunk) => ({
  name: chunk.fileName.replace(/-[\w-]{8}\./, '.'),
  bytes: Buffer.from(chunk.type === 'chunk' ? chunk.code : chunk.source),
}));
const kilobytes = (count: number): string => (count / 1000).toFixed(1);
report({
  heading: 'Bundle',
  text:
    'A page that writes with a trained char-RNN on backend-wasm and does nothing else, no autograd: kB (1000 bytes), bundled and minified by ' +
    'Vite from the built packages. Each file as it is, and compressed.',
  header: ['file', 'minified', 'gzip', 'brotli'],
  rows: files.map(({ name, bytes }) => [
    name,
    kilobytes(bytes.length),
    kilobytes(gzipSync(bytes, { level: 9 }).length),
    kilobytes(brotliCompressSync(bytes).length),
  ]),
});
