import { describe, expect, it } from 'vitest';
import { engine } from '../engine.ts';
import { detectFeatures } from '../features.ts';
import {
  type Effect,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  memoryCopy,
  shuffle,
  store,
  v128,
} from './instructions.ts';
import { ModuleBuilder } from './module-builder.ts';
import { type Code, Local, Value, type ValueType } from './value.ts';
import { Bytes } from './bytes.ts';

const host = engine()!;
const { relaxedSimd } = detectFeatures(host);

function bytesOf(code: Code): number[] {
  const bytes = new Bytes();
  bytes.write(code);
  return Array.from(bytes.written);
}

/** Whether the engine takes a function of one local of each type with this code. */
function accepted(code: (locals: { readonly [T in ValueType]: Local<T> }) => Value | Effect): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ minimum: 1 });
  module.function({}, [], (f) => {
    const result = code(f.locals({ i32: 'i32', i64: 'i64', f32: 'f32', f64: 'f64', v128: 'v128' }));
    if (result instanceof Value) f.set(f.local(result.type), result);
    else f.do(result);
  });
  return host.validate(module.bytes);
}

describe('instructions', () => {
  it('have the bytes of the specification', () => {
    const x = new Local('i32', 3);
    const y = new Local('v128', 200);
    expect(bytesOf(i32.const(-1).code)).toEqual([0x41, 0x7f]);
    expect(bytesOf(i32.sub(x, i32.const(64)).code)).toEqual([0x20, 3, 0x41, 0xc0, 0, 0x6b]);
    expect(bytesOf(v128.load(x, 128).code)).toEqual([0x20, 3, 0xfd, 0, 4, 0x80, 1]);
    expect(bytesOf(f32x4.mul(y, y).code)).toEqual([0x20, 0xc8, 1, 0x20, 0xc8, 1, 0xfd, 0xe6, 1]);
    expect(bytesOf(store.f64(x, f64.load(x), 8))).toEqual([0x20, 3, 0x20, 3, 0x2b, 3, 0, 0x39, 3, 8]);
    expect(bytesOf(memoryCopy(x, x, x))).toEqual([0x20, 3, 0x20, 3, 0x20, 3, 0xfc, 10, 0, 0]);
  });

  it('are accepted with the types that they are declared with', () => {
    const { const: _, load, eqz, wrap_i64, ...binary } = i32;
    expect(accepted((at) => load(at.i32))).toBe(true);
    expect(accepted((at) => eqz(at.i32))).toBe(true);
    for (const [name, op] of Object.entries(binary))
      expect(
        accepted((at) => op(at.i32, at.i32)),
        name,
      ).toBe(true);
    const { const: i64Const, load: i64Load, extend_i32_u, ...binaryOf64 } = i64;
    expect(accepted((at) => i64Load(at.i32))).toBe(true);
    expect(accepted((at) => i64.add(i64Const(-1e12), extend_i32_u(wrap_i64(at.i64))))).toBe(true);
    for (const [name, op] of Object.entries(binaryOf64))
      expect(
        accepted((at) => op(at.i64, at.i64)),
        name,
      ).toBe(true);
    expect(accepted((at) => f32.demote_f64(f64.mul(f64.const(Math.PI), f64.convert_i64_s(at.i64))))).toBe(true);
    for (const op of [f32.eq, f32.le]) expect(accepted((at) => op(at.f32, f32.load(at.i32)))).toBe(true);
    for (const op of [f64.eq, f64.le]) expect(accepted((at) => op(at.f64, f64.load(at.i32)))).toBe(true);
    for (const type of ['i32', 'i64', 'f32', 'f64', 'v128'] as const) {
      const write = store[type] as (address: Value, value: Value, offset?: number) => Effect;
      expect(
        accepted((at) => write(at.i32, at[type], 16)),
        `store.${type}`,
      ).toBe(true);
    }
    expect(accepted((at) => memoryCopy(at.i32, at.i32, at.i32))).toBe(true);
    expect(
      accepted((at) =>
        shuffle(
          at.v128,
          at.v128,
          Array.from({ length: 16 }, (_, i) => 2 * i),
        ),
      ),
    ).toBe(true);
  });

  it('are accepted on vectors', () => {
    const { zero, and, or, xor, any_true, bitselect, ...loads } = v128;
    for (const [name, op] of Object.entries(loads))
      expect(
        accepted((at) => op(at.i32, 16)),
        name,
      ).toBe(true);
    expect(accepted((at) => bitselect(zero, and(at.v128, at.v128), or(at.v128, zero)))).toBe(true);
    expect(accepted((at) => any_true(xor(at.v128, zero)))).toBe(true);
    expect(accepted((at) => f32x4.replace_lane(at.v128, 3, at.f32))).toBe(true);
    expect(accepted((at) => f64x2.replace_lane(at.v128, 1, at.f64))).toBe(true);
    for (const [shape, table] of Object.entries({ i32x4, i64x2, f32x4, f64x2 })) {
      for (const [name, op] of Object.entries(table) as [string, (...args: readonly unknown[]) => Value][]) {
        if (name === 'replace_lane' || (name === 'relaxed_madd' && !relaxedSimd)) continue;
        const takesNumber = name === 'extract_lane' || name.startsWith('sh');
        const all = (x: Value): Value => op(...(takesNumber ? [x, 1] : [x, x, x].slice(0, op.length)));
        expect(
          accepted((at) => all(name === 'splat' ? at.f64 : at.v128)),
          `${shape}.${name}`,
        ).toBe(true);
      }
    }
  });
});
