import { fileURLToPath } from 'node:url';
import { LanguageModelCell } from '@unroll/architectures';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { decodeSafetensors } from '@unroll/io';
import { Embedding, Linear } from '@unroll/layers';
import { Rng } from '@unroll/tensor';
import { build, defaultClientConditions } from 'vite';

/** What a page loads. */
export interface Loaded {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** With a model that was compiled ahead of time: the runtime, and what the model's file has beside its weights. */
export async function loadedWithRuntime(conditions: readonly string[] = []): Promise<readonly Loaded[]> {
  return [...(await bundled('bundle-runtime-entry.ts', conditions)), ...(await codeOfModel())];
}

/** With the library, which compiles on the page. */
export async function loadedWithLibrary(conditions: readonly string[] = []): Promise<readonly Loaded[]> {
  return bundled('bundle-entry.ts', conditions);
}

/** Bundled and minified, from the built packages unless other conditions of their exports come first. */
async function bundled(entry: string, conditions: readonly string[]): Promise<readonly Loaded[]> {
  const lib = { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ['es' as const], fileName: 'bundle' };
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: [...conditions, ...defaultClientConditions] },
    build: { write: false, minify: true, target: 'es2023', lib },
  });
  const chunks = [built].flat().flatMap((each) => ('output' in each ? each.output : []));
  return chunks.map((chunk) => ({
    name: chunk.fileName.replace(/-[\w-]{8}\./, '.'),
    bytes: Buffer.from(chunk.type === 'chunk' ? chunk.code : chunk.source),
  }));
}

/** The header, which says where things are, and the code. */
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
