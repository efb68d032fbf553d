import type { Components } from './handle.ts';

/** A kernel as text, for one size of output. */
export interface KernelSource {
  /** For errors and the table of compile times. */
  readonly name: string;
  /**
   * `function(a,b,t){…}`: textures first, then numbers. A texture is read flat, `a[i]`, whatever its shape. In the text, `column`, `row` and
   * `index` (integers) are the place of the element that is computed: 0 ≤ column < width, 0 ≤ row < rows, index = row · width + column.
   * `quotient(i, n)` and `remainder(i, n)` divide integers, i ≥ 0, exactly; `whole(x)` makes an integer of a whole float, as one has to
   * before indices are computed of elements. Write to nothing outside; no `Math.tanh`, no bare `Math.log` (see `formulas`).
   */
  readonly source: string;
  /** The output's size in elements (texels, where `components` is not 1). */
  readonly width: number;
  readonly rows: number;
  /** What the function returns: a number, or an array of so many. */
  readonly components: Components;
  /** The components of each texture. More than 1 only where `Device.vectors`. At most 7 textures. */
  readonly inputs: readonly Components[];
  /** The numbers after the textures. */
  readonly scalars?: readonly ('float' | 'integer')[];
  /** Integers, `this.constants.K`; part of what the kernel is compiled for. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** How an output lies in memory whose sides are limited, and what tells a thread its place. */
export interface Layout {
  readonly width: number;
  readonly rows: number;
  /** Threads are in one line, as WebGPU runs 64 of them, not in squares of 8 × 8. */
  readonly linear?: boolean;
  /** Declares `column`, `row` and `index`, those that are used. */
  readonly declarations: (uses: (name: string) => boolean) => string;
}

/** The memory for `width` × `rows` elements, or undefined where no texture is so large. Its elements are in the same flat order. */
export function layoutOf(width: number, rows: number, limit: number, squares: boolean): Layout | undefined {
  if (squares && (rows === 1 || width < 8)) {
    return { width: width * rows, rows: 1, linear: true, declarations: inLine(width) };
  }
  if (width <= limit && rows <= limit) return { width, rows, declarations: plain(width) };
  const beside = Math.ceil(rows / limit);
  if (width * beside <= limit) {
    // Several rows side by side.
    return { width: width * beside, rows: Math.ceil(rows / beside), declarations: sideBySide(width, beside) };
  }
  const side = Math.min(limit, 2 ** Math.ceil(Math.log2(Math.sqrt(width * rows))));
  const height = Math.ceil((width * rows) / side);
  return height <= limit ? { width: side, rows: height, declarations: folded(width, side) } : undefined;
}

type Declarations = Layout['declarations'];

function plain(width: number): Declarations {
  return (uses) => {
    let text = '';
    if (uses('column')) text += 'const column=this.thread.x;';
    if (uses('row')) text += 'const row=this.thread.y;';
    if (uses('index')) text += `const index=this.thread.y*${width}+this.thread.x;`;
    return text;
  };
}

function inLine(width: number): Declarations {
  return (uses) => {
    let text = 'const index=this.thread.x;';
    if (uses('column') || uses('row')) text += `const row=quotient(index,${width});`;
    if (uses('column')) text += `const column=index-row*${width};`;
    return text;
  };
}

function sideBySide(width: number, beside: number): Declarations {
  return (uses) => {
    let text = '';
    if (uses('column') || uses('row')) text += `const part=quotient(this.thread.x,${width});`;
    if (uses('column')) text += `const column=this.thread.x-part*${width};`;
    if (uses('row')) text += `const row=this.thread.y*${beside}+part;`;
    if (uses('index')) text += `const index=this.thread.y*${width * beside}+this.thread.x;`;
    return text;
  };
}

function folded(width: number, side: number): Declarations {
  return (uses) => {
    let text = `const index=this.thread.y*${side}+this.thread.x;`;
    if (uses('column') || uses('row')) text += `const row=quotient(index,${width});`;
    if (uses('column')) text += `const column=index-row*${width};`;
    return text;
  };
}

/** The text with the place of the thread declared at its start. */
export function withPlace(source: string, { declarations }: Layout): string {
  const start = source.indexOf('{') + 1;
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(source);
  return source.slice(0, start) + declarations(uses) + source.slice(start);
}

/** How many integers fit between two floats' roundings: 2^24 and all below are exact. */
interface Helper {
  readonly source: string;
  readonly settings: { readonly returnType: 'Integer'; readonly argumentTypes: Readonly<Record<string, string>> };
}

const INTEGERS = { i: 'Integer', n: 'Integer' };

const WHOLE: Helper = {
  source: 'function whole(x){return Math.floor(x);}',
  settings: { returnType: 'Integer', argumentTypes: { x: 'Number' } },
};
// A float quotient of large numbers may be some off, on either side; the remainder, which is exact, tells how many. Neither helper calls
// another, which GLSL would want to come first, and each returns a name, of which WebGPU's compiler makes an integer.
const QUOTIENT: Helper = {
  source:
    'function quotient(i,n){const q=Math.floor((i+0.5)/n);const r=i-q*n;const w=q+Math.floor((r+0.5)/n);return w;}',
  settings: { returnType: 'Integer', argumentTypes: INTEGERS },
};
const REMAINDER: Helper = {
  source:
    'function remainder(i,n){const q=Math.floor((i+0.5)/n);const r=i-q*n;const rest=r-Math.floor((r+0.5)/n)*n;return rest;}',
  settings: { returnType: 'Integer', argumentTypes: INTEGERS },
};

/** The helpers that a text calls. */
export function helpersFor(source: string): readonly Helper[] {
  const helpers = { 'whole(': WHOLE, 'quotient(': QUOTIENT, 'remainder(': REMAINDER };
  return Object.entries(helpers).flatMap(([call, helper]) => (source.includes(call) ? [helper] : []));
}
