import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { writeResults } from '../shared/results.ts';

const NAME = 'learning';

const HEAD: readonly string[] = [
  '# Does it learn as PyTorch does?',
  'Models trained from other random numbers, but by the same settings, on the same data in the same batches, as the reference runs by PyTorch 1.13: ' +
    'its default initialization, its Adam, float32. Where they end is compared; how far apart two seeds of PyTorch are says what may be expected. ' +
    'CPU s is processor time of training alone; PyTorch’s, on one thread, was measured in the same run right after.',
];

/** Writes one part of docs/results/learning.md; the other parts stay as they are. */
export async function writePart(name: string, paragraphs: readonly string[], order: readonly string[]): Promise<void> {
  const parts = readParts();
  parts.set(name, paragraphs.join('\n\n'));
  const known = [...order, ...[...parts.keys()].filter((each) => !order.includes(each))];
  const written = known.flatMap((each) => {
    const text = parts.get(each);
    return text === undefined ? [] : [`<!-- part: ${each} -->`, text, `<!-- end: ${each} -->`];
  });
  await writeResults(NAME, [...HEAD, ...written]);
}

function readParts(): Map<string, string> {
  const file = join(root, 'docs', 'results', `${NAME}.md`);
  if (!existsSync(file)) return new Map();
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(/<!-- part: (\S+) -->\n([^]*?)\n<!-- end: \1 -->/g);
  return new Map(Array.from(found, ([, name, part]) => [name!, part!.trim()]));
}
