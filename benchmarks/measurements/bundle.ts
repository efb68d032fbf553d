// How many bytes a page loads that only writes with a trained char-RNN: with a model that was compiled ahead of time, and with the
// library that compiles it on the page.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type Loaded, loadedWithLibrary, loadedWithRuntime } from './loaded-files.ts';
import { report } from './measurement.ts';

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

function rowsOf(what: string, files: readonly Loaded[]): readonly (readonly string[])[] {
  const sizes = files.map(({ bytes }) => [
    bytes.length,
    gzipSync(bytes, { level: 9 }).length,
    brotliCompressSync(bytes).length,
  ]);
  const together = [0, 1, 2].map((i) => sizes.reduce((sum, each) => sum + each[i]!, 0));
  return [
    ...files.map(({ name }, i) => [`${what}: ${name}`, ...sizes[i]!.map(kilobytes)]),
    [`**${what}, together**`, ...together.map((size) => `**${kilobytes(size)}**`)],
  ];
}

report({
  heading: 'Bundle',
  text:
    'A page that writes with a trained char-RNN (LSTM 512, 65 symbols) and does nothing else: kB (1000 bytes) beside the weights. ' +
    '**Compiled ahead**: `@unroll/runtime`, and what the file of `compileModel` has beside weights. **Compiled on the page**: ' +
    'cells, `generate` and backend-wasm with its compiler, no autograd. Bundled and minified by Vite from the built packages.',
  header: ['what is loaded', 'minified', 'gzip', 'brotli'],
  rows: [
    ...rowsOf('compiled ahead', await loadedWithRuntime()),
    ...rowsOf('compiled on the page', await loadedWithLibrary()),
  ],
});
