import type { Claim } from './claim.ts';
import { type Page, cell, rowOf } from './page.ts';

/** What docs/results/everywhere.md claims. */
export function everywhere(page: Page): readonly Claim[] {
  const engines = page.tableWith('Engine', 'Version');
  const checks = page.tables.find(({ section }) => section === '')!;
  // The Node that runs the proof is what the others are held to.
  const reference = /Node ([\d.]+)/.exec(page.provenances[0]!.machine)![1]!;
  const names = engines.rows
    .map((row) => `${row[0]!.replace(/ .*/, '')} ${cell(engines, row, 'Version')}`)
    .filter((name) => name !== `Node ${reference}`);
  const isHeld = (column: number): boolean =>
    column > 0 && cell(engines, rowOf(engines, checks.header[column]!), 'Version') !== reference;
  const count = (isMeant: (check: string) => boolean, isGood: RegExp): string => {
    const rows = checks.rows.filter((row) => isMeant(row[0]!.replaceAll('`', '')));
    const cells = rows.flatMap((row) => row.filter((each, i) => isHeld(i) && each !== '–'));
    return `${cells.filter((each) => isGood.test(each)).length} of ${cells.length}`;
  };
  return [
    {
      claim: `Suites of conformance of backend-cpu and backend-wasm, with one thread and two, in ${names.length} engines`,
      figure: `${count((check) => check.startsWith('conformance'), /ok$/)} pass`,
      reference: names.join(', '),
    },
    {
      claim: 'Training runs on WebAssembly, with one thread and two, in float32 and float64',
      figure: `${count((check) => check.startsWith('training, wasm'), /^same bits$/)} with the same bits`,
      reference: `Node ${reference}`,
    },
    {
      claim: 'Compiled models, and what the apps train and write',
      figure: `${count((check) => /^(compileModel|@unroll\/runtime|char-rnn|tagger|translator)/.test(check), /^same/)} the same`,
      reference: `Node ${reference}`,
    },
  ];
}
