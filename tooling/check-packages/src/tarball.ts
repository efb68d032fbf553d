import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface TarEntry {
  /** Inside the package: `dist/index.js`. */
  readonly path: string;
  readonly size: number;
}

/** The files in an npm tarball. */
export function readTarball(file: string): readonly TarEntry[] {
  const tar = gunzipSync(readFileSync(file));
  const text = (start: number, length: number): string =>
    tar.toString('utf8', start, start + length).split('\0', 1)[0]!;
  const entries: TarEntry[] = [];
  // A header of one block of 512 bytes, then the file in whole blocks; two empty blocks end the archive.
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const folder = text(at + 345, 155);
    const path = folder === '' ? text(at, 100) : `${folder}/${text(at, 100)}`;
    if (text(at + 156, 1) === '0') entries.push({ path: path.replace(/^package\//, ''), size });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}
