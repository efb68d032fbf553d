import { wasmSync } from '@unroll/backend-wasm';
import { LstmCell, scanReport } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import { Rng, withBackend } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { LanguageModelCell } from '../generation/language-model-cell.ts';
import { ScoringCell } from './scoring-cell.ts';

it('a step of a search, the choice of rows included, is compiled', () => {
  withBackend(wasmSync(), () => {
    const rng = new Rng(1);
    const cell = new LanguageModelCell({
      embedding: new Embedding({ count: 9, size: 3, rng }),
      cell: new LstmCell({ inputSize: 3, hiddenSize: 4, rng }),
      output: new Linear({ inputSize: 4, outputSize: 9, rng }),
    });
    const { traced, forwards } = scanReport(new ScoringCell({ cell, source: 0 }), { batch: 6 });
    expect([traced, forwards?.compiled]).toEqual([true, true]);
    expect(forwards?.equations.loop.join('\n')).toContain('gather(h₋₁');
  });
});
