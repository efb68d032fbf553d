import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
import { inParentheses } from './compile-together.ts';

const written = (code: string): string => inParentheses(code).toString();

it('puts functions within functions, methods and accessors in parentheses, at each level', () => {
  expect(written('function f() { return (x) => x; }')).toBe('function f() { return ((x) => x); }');
  expect(written('const f = () => (x) => (y) => x + y;')).toBe('const f = () => ((x) => ((y) => x + y));');
  expect(written('class A { f() { return [1].map(function (x) { return x; }); } }')).toBe(
    'class A { f() { return [1].map((function (x) { return x; })); } }',
  );
  expect(written('class A { get f() { return async () => {}; } }')).toBe(
    'class A { get f() { return (async () => {}); } }',
  );
});

it('leaves alone what stands within no other function, or is no expression', () => {
  for (const code of [
    'const f = (x) => x;',
    'export default (x) => x;',
    'export const fs = { f: (x) => x, g() {} };',
    'class A { f = (x) => x; }',
    'function f() { function g() {} return { g() {}, get h() { return 1; } }; }',
  ]) {
    expect(written(code)).toBe(code);
  }
});

it('gives functions that do the same and have the same names', () => {
  const code = '(() => { const add = (x) => (y) => x + y; return [add(1)(2), add.name]; })()';
  expect(runInThisContext(written(code))).toEqual([3, 'add']);
});
