import {
  type Command,
  type OptionsFor,
  UsageError,
  count,
  flag,
  loadModel,
  path,
  readOptions,
  writeLine,
  writeOutput,
} from '@unroll/app-kit/cli';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { stat } from 'node:fs/promises';
import { compileCharRnn } from '../../compile.ts';

interface ExportValues {
  readonly model: string;
  readonly out: string;
  readonly overwrite: boolean;
}

const options: OptionsFor<ExportValues> = {
  model: path({
    hint: 'path',
    help: 'folder of train, or a model file; also without --model',
    fallback: 'char-rnn-model',
  }),
  out: path({ hint: 'file', help: 'the file to write', fallback: 'compiled.safetensors' }),
  overwrite: flag('replace a file that is there'),
};

export const exportCommand: Command = {
  name: 'export',
  summary: 'compile a model into one file for a page',
  description:
    'Compiles a model ahead of time: weights and WebAssembly in one file, which @unroll/runtime, three kilobytes without any other ' +
    'package, runs in a page or anywhere. The file can’t be trained on: keep the model.',
  usage: '[path] [options]',
  groups: { Options: { ...options } },
  positional: 'model',
  examples: ['export char-rnn-model --out public/tales.safetensors'],
  async run(given, { stdout }) {
    const { model: from, out, overwrite } = readOptions(options, given);
    if (!overwrite && (await exists(out))) {
      throw new UsageError(`${out} is there already. Choose another --out, or give --overwrite.`);
    }
    const bytes = await compileCharRnn(await loadModel(from, CHAR_RNN_FORMAT));
    await writeOutput(out, bytes, 'out');
    writeLine(stdout, `${out}: ${count(bytes.length)} bytes for load() of @unroll/runtime`);
    return 0;
  },
};

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
