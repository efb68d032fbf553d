// How many bytes a page loads that only writes with a trained char-RNN: with a model that was compiled ahead of time, and with the
// library that compiles it on the page. Bundled and minified from the built packages.
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { LanguageModelCell } from '@unroll/architectures';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { decodeSafetensors } from '@unroll/io';
import { Embedding, Linear } from '@unroll/layers';
import { Rng } from '@unroll/tensor';
import { build } from 'vite';
import { report } from './measurement.ts';

interface Loaded {
  readonly name: string;
  readonly bytes: Uint8Array;
}

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

async function bundled(entry: string): Promise<readonly Loaded[]> {
  const lib = { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ['es' as const], fileName: 'bundle' };
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, target: 'es2023', lib },
  });
  const chunks = [built].flat().flatMap((each) => ('output' in each ? each.output : []));
  return chunks.map((chunk) => ({
    name: chunk.fileName.replace(/-[\w-]{8}\./, '.'),
    bytes: Buffer.from(chunk.type === 'chunk' ? chunk.code : chunk.source),
  }));
}

/** What the file of a compiled model has beside its weights: the header, which says where things are, and the module. */
async function codeOfModel(): Promise<readonly Loaded[]> {
  const rng = new Rng(1);
  const file = await compileModel({
    cell: new LanguageModelCell({
      embedding: new Embedding({ count: 65, size: 512, rng }),
      cell: new LstmCell({ inputSize: 512, hiddenSize: 512, rng }),
      output: new Linear({ inputSize: 512, outputSize: 65, rng }),
    }),
    dtype: 'int32',
  });
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const module = decodeSafetensors(file).tensors.get('module.1')!.data as Uint8Array;
  return [
    { name: 'header of the model’s file', bytes: file.subarray(0, header) },
    { name: 'WebAssembly in it', bytes: module },
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
    ...rowsOf('compiled ahead', [...(await bundled('bundle-runtime-entry.ts')), ...(await codeOfModel())]),
    ...rowsOf('compiled on the page', await bundled('bundle-entry.ts')),
  ],
});
