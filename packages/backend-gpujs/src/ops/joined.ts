import type { Device, Handle } from '../device/index.ts';

/** A kernel may not take more arrays. */
const MOST_PIECES = 7;

/** An array and how it lies beside others. */
export interface Piece {
  readonly handle: Handle;
  /** The numbers that it has in each row. */
  readonly size: number;
}

/** Pieces side by side in each of `rows` rows. */
export function joined(device: Device, rows: number, pieces: readonly Piece[]): Handle {
  let rest = pieces;
  while (rest.length > 1) {
    const next: Piece[] = [];
    for (let i = 0; i < rest.length; i += MOST_PIECES) {
      const group = rest.slice(i, i + MOST_PIECES);
      next.push(group.length === 1 ? group[0]! : { handle: joinedAtOnce(device, rows, group), size: widthOf(group) });
    }
    rest = next;
  }
  return device.share(rest[0]!.handle);
}

function joinedAtOnce(device: Device, rows: number, pieces: readonly Piece[]): Handle {
  const names = pieces.map((_, i) => `X${i}`);
  let start = 0;
  const cases = pieces.map(({ size }, i) => {
    const read = `return ${names[i]}[row*${size}+column-${start}];`;
    start += size;
    return i === pieces.length - 1 ? read : `if(column<${start}){${read}}`;
  });
  return device.run(
    {
      name: 'concat',
      source: `function(${names.join(',')}){${cases.join('')}}`,
      width: start,
      rows,
      components: 1,
      inputs: pieces.map(() => 1 as const),
    },
    pieces.map((piece) => piece.handle),
  );
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}
