/** The part of a context that links programs. */
export interface GlWithPrograms {
  linkProgram(program: object): void;
  bindAttribLocation(program: object, index: number, name: string): void;
  getParameter(name: number): unknown;
  enableVertexAttribArray(index: number): void;
  vertexAttribPointer(index: number, size: number, type: number, scaled: boolean, stride: number, offset: number): void;
  readonly [constant: Uppercase<string>]: number;
}

/** What all vertex shaders of GPU.js take: four corners in two numbers each, those of one below those of the other in a buffer. */
const ATTRIBUTES = ['aPos', 'aTexCoord'];
const BYTES = 4 * 2 * 4;

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

/**
 * Reads all attributes from the buffer of the kernel that was built just now. GPU.js leaves out those that a driver removed from its
 * program: they would go on being read from a buffer that goes with an older kernel.
 */
export function pointAttributes(gl: GlWithPrograms): void {
  if (!gl.getParameter(gl['ARRAY_BUFFER_BINDING']!)) return;
  for (const index of ATTRIBUTES.keys()) {
    gl.enableVertexAttribArray(index);
    gl.vertexAttribPointer(index, 2, gl['FLOAT']!, false, 0, index * BYTES);
  }
}
