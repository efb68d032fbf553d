import { describeBackend } from '@unroll/backend/conformance';
import { gpujs } from './backend.ts';
import { LARGEST_INTEGER } from './memory.ts';

for (const mode of ['cpu', 'webasm'] as const) {
  describeBackend(`gpujs ${mode}`, () => gpujs({ mode }), {
    dtypes: ['float32', 'int32'],
    special: { largestInteger: LARGEST_INTEGER },
    report: true,
  });
}
