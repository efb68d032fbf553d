// Lets a Node that does not read TypeScript by itself run .ts files: node --import <this file> program.ts
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import ts from 'typescript';

// Node loads this file twice: on the main thread, to register it, and on the thread of the hooks.
if (isMainThread) register(import.meta.url);

const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
};

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const fileName = new URL(url);
  const source = ts.transpileModule(await readFile(fileName, 'utf8'), { fileName: fileName.pathname, compilerOptions });
  return { format: 'module', source: source.outputText, shortCircuit: true };
}
