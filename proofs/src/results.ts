// All proofs on one page: collects docs/results.md from the pages that the proofs write: pnpm results
import { writeSummary } from './results/write-summary.ts';

await writeSummary();
console.log('Written: docs/results.md');
