import { everyCell } from '@unroll/cells/conformance';
import { Rng } from '@unroll/tensor';
import { describe, it } from 'vitest';
import { expectSound } from './check.ts';
import { everyArchitecture } from './every-architecture.ts';
import { everyWrappedArchitecture } from './every-wrapped-architecture.ts';

describe.each(Object.entries({ ...everyArchitecture, ...everyWrappedArchitecture }))(
  '%s has derivatives, is traced as step by step, and gives a padded batch what its sequences give alone',
  (_, make) => {
    it.each(Object.entries(everyCell))('of %s', (__, makeCell) => {
      const rng = new Rng(1);
      expectSound(make((inputSize, hiddenSize) => makeCell({ inputSize, hiddenSize, rng })));
    });
  },
);
