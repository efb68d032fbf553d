import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The names, types included, that a module hands on by `export { … } from './…'` and whose declaration has no doc comment. */
export function undocumented(file: string): readonly string[] {
  return parse(file)
    .statements.filter((statement) => ts.isExportDeclaration(statement))
    .flatMap(({ exportClause, moduleSpecifier }) => {
      const from = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
      if (!from.startsWith('.') || !exportClause || !ts.isNamedExports(exportClause)) return [];
      const documented = documentedNames(join(dirname(file), from));
      return exportClause.elements
        .map(({ name, propertyName }) => (propertyName ?? name).text)
        .filter((name) => documented.get(name) === false);
    });
}

/** What a module declares, and whether a doc comment stands above it: of a function that is overloaded, above one of its signatures. */
function documentedNames(file: string): ReadonlyMap<string, boolean> {
  const source = parse(file);
  const documented = new Map<string, boolean>();
  for (const statement of source.statements) {
    const above = source.text.slice(statement.getFullStart(), statement.getStart(source));
    for (const name of namesOf(statement)) {
      documented.set(name, documented.get(name) === true || /\/\*\*[^]*\*\/\s*$/.test(above));
    }
  }
  return documented;
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
}
