import { f32x4, i32, store, v128 } from '../src/assembler/instructions.ts';
import { ModuleBuilder } from '../src/assembler/module-builder.ts';
import { type WasmFunction, engine } from '../src/engine.ts';

const SUMS = 10;

/** Multiplications and additions in registers alone, eight operations an instruction pair: what no kernel of this width passes. */
export function ceiling(): { readonly run: (passes: number) => void; readonly operations: (passes: number) => number } {
  const module = new ModuleBuilder();
  module.importMemory({ minimum: 1 });
  const loop = module.function({ passes: 'i32' }, [], (f, { passes }) => {
    const x = f.let(v128.load(i32.const(0)));
    const y = f.let(v128.load(i32.const(16)));
    const sums = Array.from({ length: SUMS }, () => f.local('v128'));
    f.times(passes, () => {
      for (const sum of sums) f.set(sum, f32x4.add(sum, f32x4.mul(x, y)));
    });
    sums.forEach((sum, i) => f.do(store.v128(i32.const(16 * i), sum)));
  });
  module.export('loop', loop);
  const { Instance, Memory, Module } = engine()!;
  const instance = new Instance(new Module(module.bytes), { env: { memory: new Memory({ initial: 1, maximum: 1 }) } });
  const run = instance.exports['loop'] as WasmFunction;
  return { run, operations: (passes) => passes * SUMS * 8 };
}
