import { setBackend } from '@unroll/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasm } from './wasm.ts';

/** What holds the packages above to PyTorch's numbers on backend-cpu, in both float types. */
const SUITES = [
  'autograd/src/softmax-golden.test.ts',
  'layers/src/golden.test.ts',
  'optim/src/golden.test.ts',
  'cells/src/golden.test.ts',
  'architectures/src/golden.test.ts',
  'training/test/golden.test.ts',
];

// The very same tests: they make their tensors on the active backend.
const backend = await wasm({ relaxedSimd: false });
let uploads = 0;
setBackend({
  ...backend,
  upload: (data, signature) => {
    uploads++;
    return backend.upload(data, signature);
  },
});

describe.each(SUITES)('on wasm: %s', async (path) => {
  let before = 0;
  beforeAll(() => {
    before = uploads;
  });

  await import(new URL(`../../${path}`, import.meta.url).href);

  it('ran on wasm', () => {
    expect(uploads).toBeGreaterThan(before);
  });
});
