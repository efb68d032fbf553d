import { machine } from '../shared/machine.ts';
import { prose, table, today, writeResults } from '../shared/results.ts';
import type { Board } from './board.ts';

/** docs/results/everywhere.md */
export async function writePage(board: Board): Promise<void> {
  const engines = board.columns.map(({ name, version, settings }) => [name, version, settings]);
  const sections = [
    '# Everywhere',
    prose(
      'The packages, packed as for a release and installed into an empty folder, run by each engine with one and the same program, which a ' +
        'page brings minified by Vite. Results are held to those of the Node that runs the proof, whose own column is only there for its figures: ' +
        'same bits are same bits, of all losses and of the saved file. `–` is what an engine has no use for.',
    ),
    `${today()}, ${machine()}. Again: \`pnpm proof:everywhere\`.`,
    board.table(),
    ...(board.absent.length === 0
      ? []
      : ['Not here:', list(board.absent.map((each) => `${each.name}: ${each.reason}`))]),
    ...(board.failures.length === 0 ? [] : ['Failed:', list(board.failures)]),
    '## What the rows say',
    list([
      "conformance: every primitive and whole op of the backend against a reference, the contract of memory and errors, two cells with derivatives, and on `wasm` every cell in every wrapper, compiled against step by step; the suites of `@unroll/backend/conformance` and `@unroll/cells/conformance`, with vitest's own assertions. In 2 threads even the smallest op is divided",
      'training: 60 steps of a character LSTM with AdamW, clipping, a warm-up and a cosine. `wasm` brings its own e^x and the like; `cpu` takes the engine’s, and in float64 their last bits show',
      '`compileModel` makes the file of a character model here; `@unroll/runtime` writes 4000 characters with the file that Node made, sampled. Characters per second were measured on a busy machine, and are for information',
      'checkpoints and readers on files: a run that goes on from its checkpoint in a folder has the bits of one that was left alone; compressed lines, safetensors files',
      'not isolated: the page is served without the headers of cross-origin isolation, asks for two threads, is told why there is one, and trains the same model',
      'the apps: a short run of each, the model that it leaves behind; GPU.js: losses of a few steps beside its mode `cpu`',
    ]),
    '## What it found',
    list([
      'powers (`**`) differ in their last bit between engines, and cosines do: Adam and the schedules in float64 trained other models. `@unroll/optim` now computes both itself',
      'the optimizing compiler of WebKitGTK 2.50 made NaN of some elements of products with few rows in `backend-cpu`, once it had seen all dtypes: those are now written in another order. Without that compiler (`JSC_useFTLJIT=0`) the old form was right',
    ]),
    '## Engines',
    table(['Engine', 'Version', 'How it was run'], engines),
    '## GPU',
    list(board.remarks),
    "## The engine's `Math`",
    prose(
      'Places between −8 and 8 where functions give another number than in the reference, and by which part of it at most. The packages ' +
        'compute normal random numbers, powers in optimizers, and cosines in schedules themselves, so that only `backend-cpu` shows this, and ' +
        'drawing tokens where two weights are as good as equal.',
    ),
    table(
      ['Engine', 'Other values'],
      board.columns.map(({ name, math }) => [name, math.join('; ') || 'none']),
    ),
  ];
  await writeResults('everywhere', sections);
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
