/** Where bytes stop being UTF-8: the offset of the first byte that no character begins with or continues; undefined if they never do. */
export function invalidUtf8Offset(bytes: Uint8Array): number | undefined {
  if (decodes(bytes, false)) return undefined;
  // The longest prefix that could still go on well, by halving.
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  // It may end inside of a character; the damage is where that character begins.
  let offset = good;
  while (!decodes(bytes.subarray(0, offset), false)) offset--;
  return offset;
}

/** `open`: the bytes may end inside of a character. */
function decodes(bytes: Uint8Array, open: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: open });
    return true;
  } catch {
    return false;
  }
}
