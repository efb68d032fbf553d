/** The part of a context that links programs. */
export interface GlWithPrograms {
  linkProgram(program: object): void;
  bindAttribLocation(program: object, index: number, name: string): void;
}

/** What all vertex shaders of GPU.js take: the corners of what is drawn. */
const ATTRIBUTES = ['aPos', 'aTexCoord'];

const bound = new WeakSet<GlWithPrograms>();

/**
 * Has all programs of a context take their attributes at the same places. GPU.js says where those lie when it builds a kernel, and never
 * again: a driver that places them in another way in the next program would draw the kernels before it at wrong places, without a word.
 */
export function bindAttributes(gl: GlWithPrograms): void {
  if (bound.has(gl)) return;
  bound.add(gl);
  const link = gl.linkProgram.bind(gl);
  gl.linkProgram = (program) => {
    for (const [index, name] of ATTRIBUTES.entries()) gl.bindAttribLocation(program, index, name);
    link(program);
  };
}
