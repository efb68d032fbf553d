// sacrebleu splits at what Python counts as white space. `\s` is not that: it has U+FEFF, and neither U+0085 nor the four separators.
const SEPARATORS = String.fromCharCode(0x1c, 0x1d, 0x1e, 0x1f);
const SPACES = new RegExp(`[\\p{White_Space}${SEPARATORS}]+`, 'u');
const TRAILING_SPACES = new RegExp(`${SPACES.source}$`, 'u');

/** The words between white space, as Python's `str.split()` gives them. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** As Python's `str.rstrip()`. */
export function trimEnd(text: string): string {
  return text.replace(TRAILING_SPACES, '');
}

/** The characters (code points) of a text without its white space. */
export function characters(text: string): string[] {
  return Array.from(words(text).join(''));
}
