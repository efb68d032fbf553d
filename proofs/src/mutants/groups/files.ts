import type { MutationGroup } from '../mutation.ts';

/** Mistakes in reading and writing models. */
export const files: MutationGroup = {
  tests: ['packages/io/'],
  mutations: [
    {
      mistake: 'safetensors written: offsets count from the start of the file',
      file: 'packages/io/src/safetensors/encode.ts',
      edits: [['let offset = 0;', 'let offset = 8;']],
    },
    {
      mistake: 'safetensors read: data begins one byte late',
      file: 'packages/io/src/safetensors/decode.ts',
      edits: [['data.subarray(begin, end)', 'data.subarray(begin + 1, end + 1)']],
    },
    {
      mistake: 'safetensors read: a hole between tensors is accepted',
      file: 'packages/io/src/safetensors/decode.ts',
      edits: [['if (begin > covered) {', 'if (begin > dataLength) {']],
    },
    {
      mistake: 'state dict: a missing parameter is no error',
      file: 'packages/io/src/load-state-dict.ts',
      edits: [['missing.length + unexpected.length + unfit.size > 0', 'unexpected.length + unfit.size > 0']],
    },
  ],
};
