import { type Output } from '@unroll/app-kit/cli';
import { once } from 'node:events';

/** Writes text as it comes, no faster than the reader reads. */
export async function writeText(output: Output, text: AsyncIterable<string>): Promise<void> {
  for await (const piece of text) {
    if (!output.write(piece)) await once(output, 'drain');
  }
}
