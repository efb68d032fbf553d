// What the GPU compiles of a scan is what it computes step by step.
import { describeLoops } from '@unroll/cells/conformance';
import { describe } from 'vitest';
import { full, missing, theBackend, title } from './setting.ts';

describe.skipIf(missing)(`loops on ${title}`, () => {
  describeLoops(title, theBackend, { every: full ? 3 : 9 });
});
