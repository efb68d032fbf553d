import MagicString from 'magic-string';
import ts from 'typescript';
import type { Options } from 'tsup';

/** A plugin of tsup. */
type Plugin = NonNullable<Options['plugins']>[number];

/**
 * Puts each function within a function in parentheses, from which V8 concludes that it is called soon: it then compiles it together with
 * the one around it. Otherwise it reads the inner one whenever it compiles one around it, and once more when it is first
 * called; what runs once, as whatever compiles a loop does, spends nearly half of its time so. Functions that stand within
 * no other are compiled when they are called, as before.
 */
export function compileTogether(): Plugin {
  return {
    name: 'compile-together',
    renderChunk: (code, { path }) => {
      const edited = inParentheses(code);
      // By its source tsup knows that it belongs behind the map to the TypeScript.
      const map = Object.assign(edited.generateMap(), { sources: [path] });
      return { code: edited.toString(), map };
    },
  };
}

/** A module with its inner functions in parentheses. */
export function inParentheses(code: string): MagicString {
  const edited = new MagicString(code);
  const visit = (node: ts.Node, isWithin: boolean): void => {
    edited.addSourcemapLocation(node.getStart());
    const isExpression = ts.isArrowFunction(node) || ts.isFunctionExpression(node);
    if (isExpression && isWithin) edited.appendRight(node.getStart(), '(').appendLeft(node.getEnd(), ')');
    const isInside = isWithin || ts.isFunctionLike(node);
    ts.forEachChild(node, (child) => visit(child, isInside));
  };
  visit(ts.createSourceFile('module.js', code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS), false);
  return edited;
}
