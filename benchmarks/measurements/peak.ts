// How many GFLOP/s 128-bit WebAssembly can reach here: twelve sums that do not wait for each other, and nothing else.

const LANES = 4;
const CHAINS = 12;
const UNROLLED = 8;
const MUL = [0xfd, 0xe6, 0x01];
const ADD = [0xfd, 0xe4, 0x01];
const RELAXED_MADD = [0xfd, 0x85, 0x02];
const FIRST_LANE = [0xfd, 0x1f, 0];
const LOOP = [0x03, 0x40];
const END = 0x0b;
/** i32.const 1, i32.sub, local.tee 0, br_if 0. */
const LESS_ONE_AND_AGAIN = [0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, END];
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A function of one module: runs so many turns, each of `FLOP_PER_TURN`. */
export type Peak = (turns: number) => number;
export const FLOP_PER_TURN: number = UNROLLED * CHAINS * LANES * 2;

/** The peak by multiplying and adding, which all engines with SIMD have. */
export function mulAddPeak(): Peak {
  return instantiate((accumulator, x, y) => [...get(accumulator), ...get(x), ...MUL, ...get(y), ...ADD]);
}

/** The peak by both in one instruction; undefined where the engine has no relaxed SIMD. */
export function relaxedPeak(): Peak | undefined {
  try {
    return instantiate((accumulator, x, y) => [...get(accumulator), ...get(x), ...get(y), ...RELAXED_MADD]);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
/** So many local vectors. */
const locals = (count: number): number[] => [1, count, 0x7b];

/** Parameter 0 counts the turns; locals from 1 are vectors: the sums, then x and y. */
function instantiate(term: (accumulator: number, x: number, y: number) => number[]): Peak {
  const x = 1 + CHAINS;
  const y = x + 1;
  const splat = (value: number): number[] => [
    0x43,
    ...new Uint8Array(Float32Array.of(value).buffer),
    0xfd,
    0x13, // f32x4.splat
  ];
  const sums = Array.from({ length: CHAINS }, (_, i) => 1 + i);
  const turn = Array.from({ length: UNROLLED }, () => sums.flatMap((sum) => [...term(sum, x, y), ...set(sum)])).flat();
  const body = [
    ...locals(CHAINS + 2),
    ...splat(0.9999),
    ...set(x),
    ...splat(0.0001),
    ...set(y),
    ...LOOP,
    ...turn,
    ...get(0),
    ...LESS_ONE_AND_AGAIN,
    ...get(1),
    ...sums.slice(1).flatMap((sum) => [...get(sum), ...ADD]),
    ...FIRST_LANE,
    END,
  ];
  const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
  const module = Uint8Array.from([
    ...MAGIC,
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 4, ...Buffer.from('peak'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  return exports['peak'] as Peak;
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}
