import ts from 'typescript';

/** The values that a module hands on by name: `export { a, type B, c as d } from …` gives a and d. Types are not told. */
export function exportedValues(source: string): readonly string[] {
  const file = ts.createSourceFile('index.ts', source, ts.ScriptTarget.Latest);
  return file.statements
    .filter((statement) => ts.isExportDeclaration(statement))
    .filter(({ isTypeOnly }) => !isTypeOnly)
    .flatMap(({ exportClause }) => (exportClause && ts.isNamedExports(exportClause) ? [...exportClause.elements] : []))
    .filter(({ isTypeOnly }) => !isTypeOnly)
    .map(({ name }) => name.text);
}

/** Those names that no table of a README's section `## API` holds as code. */
export function absentFromApi(names: readonly string[], readme: string): readonly string[] {
  const [, api = ''] = /^## API\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(readme) ?? [];
  const rows = api.split('\n').filter((line) => line.startsWith('|'));
  const code = rows.flatMap((row) => Array.from(row.matchAll(/`([^`]+)`/g), ([, text]) => text!));
  const told = new Set(code.flatMap((text) => text.split(/[^A-Za-z0-9_$]+/)));
  return names.filter((name) => !told.has(name));
}
