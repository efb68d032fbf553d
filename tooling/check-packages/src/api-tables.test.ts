import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { absentFromApi, exportedValues } from './api-tables.ts';
import { publishedPackages } from './workspace.ts';

it('tells the values of a module, not its types', () => {
  const source =
    "export { a, type B, c as d } from './a.ts';\nexport type { E } from './e.ts';\nexport { f } from './f.ts';";
  expect(exportedValues(source)).toEqual(['a', 'd', 'f']);
});

it('finds names only as code in the tables of the section on the API', () => {
  const readme =
    '# x\n\n`e`\n\n## API\n\nb `f`\n\n| name | what |\n| --- | --- |\n| `a(c)` `d.g` | b |\n\n## Extend it\n\n| `h` |\n';
  expect(absentFromApi(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], readme)).toEqual(['b', 'e', 'f', 'h']);
});

describe.each(publishedPackages().filter(({ path }) => path.startsWith('packages/')))(
  'the README of $name',
  ({ folder, manifest }) => {
    const names = Object.keys(manifest.publishConfig?.exports ?? {})
      .map((subpath) => join(folder, 'src', subpath === '.' ? 'index.ts' : `${subpath}.ts`))
      .filter((file) => existsSync(file))
      .flatMap((file) => exportedValues(readFileSync(file, 'utf8')));

    it.runIf(names.length > 0)('lists every value that the package exports', () => {
      expect(absentFromApi(names, readFileSync(join(folder, 'README.md'), 'utf8'))).toEqual([]);
    });
  },
);
