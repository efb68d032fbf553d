/**
 * The first key that stands twice in one object of a JSON text, or undefined. `JSON.parse` keeps the last of them without a word, and
 * another reader may keep the first. `json` must have been parsed without an error; nesting may be of any depth.
 */
export function duplicateKey(json: string): string | undefined {
  /** The keys of each object that is open; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let start = -1;
  let end = -1;
  for (let i = 0; i < json.length; i++) {
    switch (json[i] ?? '') {
      case '"':
        start = i;
        i = endOfString(json, i);
        end = i;
        break;
      case ':': {
        // Outside of a string, a colon follows a key.
        const key = JSON.parse(json.slice(start, end + 1)) as string;
        const keys = open.at(-1)!;
        if (keys.has(key)) return key;
        keys.add(key);
        break;
      }
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(undefined);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      default:
    }
  }
  return undefined;
}

/** The position of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i;
}
