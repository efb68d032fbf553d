import { BIO, BIOES, type TagScheme } from '@unroll/data';

/** The scheme that all of these tags belong to; undefined where they are not parts of spans. */
export function schemeOf(tags: Iterable<string>): TagScheme | undefined {
  const all = [...tags];
  if (!all.every((tag) => tag === 'O' || /^[BIES]-./s.test(tag)) || all.every((tag) => tag === 'O')) return undefined;
  return all.some((tag) => /^[ES]-/.test(tag)) ? BIOES : BIO;
}
