import { ModuleBuilder } from './assembler/module-builder.ts';
import { f32x4, i32, store, v128 } from './assembler/instructions.ts';
import type { V128 } from './assembler/value.ts';
import type { Engine } from './engine.ts';

/** What an engine can do beyond WebAssembly's first version. */
export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** Asks the engine whether it accepts a tiny module with such an instruction. */
export function detectFeatures(engine: Engine): Features {
  return {
    simd: engine.validate(moduleWith((x) => f32x4.add(x, x))),
    relaxedSimd: engine.validate(moduleWith((x) => f32x4.relaxed_madd(x, x, x))),
  };
}

function moduleWith(instruction: (x: V128) => V128): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory({ minimum: 1 });
  module.function({}, [], (f) => f.do(store.v128(i32.const(0), instruction(v128.load(i32.const(0))))));
  return module.bytes;
}
