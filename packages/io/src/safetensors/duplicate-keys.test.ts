import fc from 'fast-check';
import { expect, it } from 'vitest';
import { duplicateKey } from './duplicate-keys.ts';

it('finds no key twice in any JSON that an object made', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      expect(duplicateKey(json)).toBeUndefined();
    }),
  );
});

it('finds a key that was added a second time, at any place and written in any way', () => {
  const keys = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 5 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(keys, fc.nat(), fc.nat(), fc.json(), fc.boolean(), (keys, pick, place, value, escape) => {
      const key = keys[pick % keys.length]!;
      const escaped = `"${Array.from({ length: key.length }, (_, i) => `\\u${key.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
      const fields = keys.map((name) => `${JSON.stringify(name)} : ${value}`);
      fields.splice(place % (fields.length + 1), 0, `${escape ? escaped : JSON.stringify(key)}:[]`);
      const json = `[{"outer":{${fields.join(' ,')}}}]`;
      JSON.parse(json);
      expect(duplicateKey(json)).toBe(key);
    }),
  );
});

it.each([
  '{"a":{"a":1}}',
  '[{"a":1},{"a":1}]',
  String.raw`{"a":"\"a\":","b":"{\\"}`,
  '{"a":"{\\"a\\":1,\\"a\\":1}"}',
  '{"a":["a","a"]}',
])('takes no value or outer key for a second one: %s', (json) => {
  JSON.parse(json);
  expect(duplicateKey(json)).toBeUndefined();
});

it('reads nesting of any depth', () => {
  const depth = 100_000;
  expect(duplicateKey(`${'['.repeat(depth)}{"a":1,"a":2}${']'.repeat(depth)}`)).toBe('a');
});
