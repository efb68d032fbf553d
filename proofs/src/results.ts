// All proofs on one page: collects docs/results.md from the pages that the proofs write: pnpm results
import { argumentsOf } from './shared/arguments.ts';
import { writeSummary } from './results/write-summary.ts';

await argumentsOf({
  name: 'pnpm results',
  description: 'Collects docs/results.md from the pages that the proofs write.',
});
await writeSummary();
console.log('Written: docs/results.md');
