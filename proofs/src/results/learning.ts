import type { Claim } from './claim.ts';
import { type Page, cell } from './page.ts';

/** What docs/results/learning.md claims. */
export function learning(page: Page): readonly Claim[] {
  return [...besidePyTorch(page), ...pastTheReference(page), ...settings(page), ...withoutReference(page)];
}

/** A row for each bound: the column before `PyTorch` is ours. What PyTorch was not run for has no bound. */
function besidePyTorch(page: Page): readonly Claim[] {
  return page.tablesWith('PyTorch', 'Allowed').flatMap((table) => {
    const { header, rows, section } = table;
    const firstFigure = header.indexOf('PyTorch') - 1;
    return rows.flatMap((row) => {
      const labels = header.flatMap((name, i) =>
        i < firstFigure && name !== 'Parameters' ? [labelOf(name, row[i]!)] : [],
      );
      const about = [section, ...labels].join(', ');
      const bounds = header.flatMap((name, allowed) => {
        if (name !== 'Allowed' || row[allowed] === '') return [];
        const theirs = header.lastIndexOf('PyTorch', allowed);
        const claim = `${about}: ${lowerFirst(header[theirs - 1]!)}`;
        return [{ claim, figure: row[theirs - 1]!, reference: `PyTorch ${row[theirs]}, allowed ${row[allowed]}` }];
      });
      if (bounds.length === 0) return [];
      const time = {
        figure: `${cell(table, row, 'CPU s')} s`,
        reference: `PyTorch ${cell(table, row, 'PyTorch’s CPU s')} s`,
      };
      return [...bounds, { claim: `${about}: processor time`, ...time }];
    });
  });
}

function labelOf(column: string, value: string): string {
  return /^\d+$/.test(value) ? `${lowerFirst(column)} ${value}` : value;
}

/** `BLEU` stays. */
function lowerFirst(text: string): string {
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

/** `x train` with `settings` reaches **figure**; the best of PyTorch's in the table above is what it goes past. */
function pastTheReference(page: Page): readonly Claim[] {
  const sections = page.text.split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const title = section.split('\n', 1)[0]!;
    const found = /^Past the reference: `([^`]+)` with `([^`]+)` reaches ([^*]*)\*\*([\d.]+)\*\*/m.exec(section);
    if (!found) return [];
    const [, command = '', settings = '', measure = '', figure = ''] = found;
    const table = page.tablesWith('PyTorch').find((each) => each.section === title)!;
    const column = table.header.lastIndexOf('PyTorch', table.header.indexOf(measure.trim()) + 1);
    const theirs = table.rows
      .map((row) => row[column < 0 ? table.header.indexOf('PyTorch') : column]!)
      .filter((each) => each !== '');
    const isLoss = table.header.includes('Validation');
    const best = theirs.toSorted((a, b) => (isLoss ? Number(a) - Number(b) : Number(b) - Number(a)))[0]!;
    const minutes = /in ([\d.]+) minutes of one processor/.exec(section)?.[1];
    const time = minutes === undefined ? '' : `, ${minutes} min of one processor`;
    return [
      {
        claim: `${title}, past the reference: \`${command}\` with \`${settings}\``,
        figure: `${measure}${figure}${time}`,
        reference: `PyTorch ${best}`,
      },
    ];
  });
}

/** What single settings are good for: the first run of a table is what the others are held to. */
function settings(page: Page): readonly Claim[] {
  const tables = page.tables.filter(({ header }) => header[0] === 'Settings');
  return tables.flatMap((table) => {
    const [first, ...others] = table.rows;
    const [, measure = ''] = table.header;
    const of = (row: readonly string[] | undefined): string => (row ? cell(table, row, measure) : '');
    return others.map((row) => ({
      claim: `${table.section}, ${row[0]}: ${lowerFirst(measure)}`,
      figure: of(row),
      reference: `${first?.[0]}: ${of(first)}`,
    }));
  });
}

/** `x train` with `settings`, seed 1, reaches an F1 of **figure**: where there is no run of PyTorch. */
function withoutReference(page: Page): readonly Claim[] {
  return page.text.split(/^## /m).flatMap((section) => {
    const found = /^`([^`]+)` with `([^`]+)`, seed \d+, reaches an? ([^*]+?) of \*\*([\d.]+)\*\*/m.exec(section);
    if (!found) return [];
    const [, command = '', config = '', measure = '', figure = ''] = found;
    const title = section.split('\n', 1)[0]!;
    const claim = `${title}: \`${command}\` with \`${config}\``;
    return [{ claim, figure: `${measure} ${figure}`, reference: 'no run of PyTorch' }];
  });
}
