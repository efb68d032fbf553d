import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { undocumented } from './doc-comments.ts';
import { publishedPackages } from './workspace.ts';

it('finds what has no doc comment right above it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unroll-docs-'));
  try {
    const file = join(folder, 'index.ts');
    writeFileSync(file, "export { a, b as c, type D, E } from './x.ts';\n");
    const source = ['/** A. */', 'export const a = 1;', '// B.', 'export function b() {}', 'export type D = 1;'];
    writeFileSync(join(folder, 'x.ts'), [...source, '/** E. */', 'export class E {}'].join('\n'));
    expect(undocumented(file)).toEqual(['b', 'D']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(publishedPackages().filter(({ path }) => path.startsWith('packages/')))(
  '$name',
  ({ folder, manifest }) => {
    const entries = Object.keys(manifest.publishConfig?.exports ?? {})
      .map((subpath) => join(folder, 'src', subpath === '.' ? 'index.ts' : `${subpath}.ts`))
      .filter((file) => existsSync(file));

    it('has a doc comment on every public name; options have them on their members', () => {
      expect(entries).not.toEqual([]);
      expect(entries.flatMap((file) => undocumented(file)).filter((name) => !name.endsWith('Options'))).toEqual([]);
    });
  },
);
