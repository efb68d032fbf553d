import { join } from 'node:path';
import { dataFolder } from '@unroll/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, readCsv, readCsvNumbers } from '../csv.ts';
import { collect } from '../index.ts';
import { fileSource } from '../node.ts';

const plain = (records: readonly CsvRecord[]): unknown[] =>
  records.map(({ line, fields }) => [line, ...fields.values()]);

it('reads quoted fields with separators, quotes and line ends, and counts lines through them', async () => {
  const text = 'name,note\r\n"a, b","say ""hi"""\r\n\r\nc,"two\r\nlines"\r\nd,e\r\nf,g';
  const records = await collect(readCsv(text));
  expect([...records[0]!.fields.keys()]).toEqual(['name', 'note']);
  expect(plain(records)).toEqual([
    [2, 'a, b', 'say "hi"'],
    [4, 'c', 'two\nlines'],
    [6, 'd', 'e'],
    [7, 'f', 'g'],
  ]);
});

it('takes names for a file without a header, and another separator', async () => {
  expect(plain(await collect(readCsv('1;2\n3;4', { header: ['a', 'b'], separator: ';' })))).toEqual([
    [1, '1', '2'],
    [2, '3', '4'],
  ]);
});

it('what was written by the rules is read again, however it is cut', () => {
  const field = fc
    .array(fc.constantFrom('a', ',', '"', '\n', ' ', 'é', '1'), { maxLength: 5 })
    .map((parts) => parts.join(''));
  const table = fc.array(fc.tuple(field, field), { maxLength: 6 });
  return fc.assert(
    fc.asyncProperty(table, fc.nat(), fc.nat(), async (rows, a, b) => {
      const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
      const text = `x,y\n${rows.map((row) => row.map(quoted).join(',')).join('\n')}`;
      const cuts = [0, a % text.length, b % text.length, text.length].toSorted((left, right) => left - right);
      const records = await collect(readCsv(cuts.slice(1).map((end, i) => text.slice(cuts[i], end))));
      expect(records.map(({ fields }) => [...fields.values()])).toEqual(rows);
    }),
  );
});

describe('refuses, with file and line,', () => {
  it.each([
    ['a missing field', 'a,b\n1,2\n3', /^t\.csv:3: 1 fields, but the header has 2: a, b/],
    ['a field too many', 'a,b\n"1\n",2\n3,4,5', /^t\.csv:4: 3 fields/],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n', /^t\.csv:2: a quote is opened.*never closed/],
    ['text after a closing quote', 'a,b\n1,2\n"x"y",3"\n', /^t\.csv:3: .*quote/],
    ['a name twice', 'a,a\n1,2', /^t\.csv:1: the header has "a" twice/],
  ])('%s', async (_name, text, message) => {
    await expect(collect(readCsv(text, { file: 't.csv' }))).rejects.toThrow(message);
  });
});

describe('readCsvNumbers', () => {
  it('takes the columns named, in that order', async () => {
    const rows = readCsvNumbers('day,x,y\nMo,1,2.5\nTu, -3e2 ,NA', { columns: ['y', 'x'], missing: ['NA'] });
    expect(await collect(rows)).toEqual([Float64Array.of(2.5, 1), Float64Array.of(NaN, -300)]);
  });

  it('names the line and the column of what is no number', async () => {
    const read = (columns: string[], text = 'x,y\n1,2\nn/a,\n'): Promise<unknown> =>
      collect(readCsvNumbers(text, { columns, file: 't.csv' }));
    await expect(read(['x'])).rejects.toThrow(/^t\.csv:3: column "x" is "n\/a": no number.*missing: \["n\/a"\]/);
    await expect(read(['y'])).rejects.toThrow(/^t\.csv:3: column "y" is ""/);
    await expect(read(['z'])).rejects.toThrow(/^t\.csv:2: there is no column "z". There are x, y/);
  });
});

const folder = dataFolder();

it.skipIf(!folder)(`airline passengers: 144 months${folder ? '' : ' (skipped: no folder of data sets)'}`, async () => {
  const path = join(folder!, 'ts/airline-passengers.csv.gz');
  const rows = await collect(readCsvNumbers(fileSource(path), { columns: ['Passengers'] }));
  expect(rows).toHaveLength(144);
  expect([rows[0]![0], rows[143]![0]]).toEqual([112, 432]);
});
