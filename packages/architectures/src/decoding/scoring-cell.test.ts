import { wasmSync } from '@unroll/backend-wasm';
import { LstmCell, explainScan } from '@unroll/cells';
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
    const text = explainScan(new ScoringCell({ cell, source: 0 }), { batch: 6, dtype: 'int32' });
    expect(text).toMatch(/Traced: step is called once.\nForwards, .*, compiled:/);
    expect(text).toContain('gather(h₋₁');
  });
});
