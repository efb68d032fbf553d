// What the GPU compiles of a scan is what it computes step by step.
import { describeLoops } from '@unroll/cells/conformance';
import { describe } from 'vitest';
import { full, missing, mode, theBackend, title } from './setting.ts';

// In `npm test` one of the two modes of browsers has the time; the networks of networks.gpu.ts run compiled loops in both.
const skipped = missing ?? (full || mode !== 'webgpu' ? undefined : 'UNROLL_GPU_FULL=1 or pnpm proof:gpu');

describe.skipIf(skipped)(`loops on ${title}${missing === undefined && skipped ? ` (skipped: ${skipped})` : ''}`, () => {
  describeLoops(title, theBackend, { every: full ? 3 : 9 });
});
