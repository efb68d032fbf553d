import type { CompiledLoop, LoopObstacle, LoopProgram } from '@unroll/backend';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { Local } from '../assembler/value.ts';
import { FunctionBuilder } from '../assembler/function-builder.ts';
import { type WasmFunction, type WasmInstance, engine } from '../engine.ts';
import { Constants, LOOP_CONSTANTS, LOOP_CONSTANTS_END } from '../kernels/static-area.ts';
import type { Runtime } from '../ops/runtime.ts';
import { runnerOf } from './driver.ts';
import { emitPass, useConstants, viewOf } from './pass.ts';
import { type Pass, type Schedule, scheduleOf } from './schedule.ts';
import { type Storage, obstacle } from './values.ts';

/** Compiles each program once. A loop goes with its program: memory is only taken while it runs. */
export function loopCompiler(runtime: Runtime): (program: LoopProgram) => CompiledLoop | LoopObstacle {
  const loops = new WeakMap<LoopProgram, CompiledLoop | LoopObstacle>();
  return (program) => {
    let loop = loops.get(program);
    if (!loop) loops.set(program, (loop = compileLoop(runtime, program)));
    return loop;
  };
}

/** The kernels of the passes between two products, and the storages that they are told the addresses of. */
export interface CompiledPasses {
  readonly storages: readonly Storage[];
  readonly run: WasmFunction;
}

function compileLoop(runtime: Runtime, program: LoopProgram): CompiledLoop | LoopObstacle {
  const reason = obstacle(program);
  if (reason !== undefined) return { reason };
  const schedule = scheduleOf(program);
  const groups = schedule.actions.map((action) =>
    'passes' in action ? { passes: action.passes, storages: storagesOf(schedule, action.passes) } : undefined,
  );
  const module = new ModuleBuilder();
  module.importMemory(runtime.memory.linear.limits);
  const constants = new Constants(LOOP_CONSTANTS, LOOP_CONSTANTS_END);
  useConstants(new FunctionBuilder(0), constants);
  for (const [i, group] of groups.entries()) {
    if (!group) continue;
    const parameters = Object.fromEntries(group.storages.map((_, j) => [`p${j}`, 'i32'] as const));
    const kernel = module.function(parameters, [], (f, locals) => {
      const baseOf = (storage: Storage): Local<'i32'> => locals[`p${group.storages.indexOf(storage)}`]!;
      for (const pass of group.passes) emitPass(f, constants, schedule, pass, baseOf);
    });
    module.export(`passes${i}`, kernel);
  }
  constants.addTo(module);
  const exports = instantiate(runtime, module.bytes);
  if (!exports) return { reason: 'the engine refuses the code' };
  const compiled = groups.map(
    (group, i): CompiledPasses | undefined =>
      group && { storages: group.storages, run: exports[`passes${i}`] as WasmFunction },
  );
  return runnerOf(runtime, program, schedule, compiled);
}

/** Engines may refuse: a page's main thread to compile without waiting, all of them code beyond their limits. Then it is said aloud. */
function instantiate({ memory }: Runtime, bytes: Uint8Array<ArrayBuffer>): WasmInstance['exports'] | undefined {
  const host = engine()!;
  try {
    return new host.Instance(new host.Module(bytes), { env: { memory: memory.linear.memory } }).exports;
  } catch (error) {
    console.warn(
      `wasm: the engine refuses the compiled steps of a loop (${String(error)}); they run op by op, which is slower. ` +
        'On a page, run the model in a worker.',
    );
    return undefined;
  }
}

/** All storages that passes read and write. */
function storagesOf(schedule: Schedule, passes: readonly Pass[]): readonly Storage[] {
  const storages = new Set<Storage>();
  const visit = (value: number): void => {
    const part = schedule.parts.get(value);
    const node = schedule.inlined.get(part?.of ?? value);
    if (node) node.inputs.forEach(visit);
    else if (part) visit(part.of);
    else if (schedule.views.has(value)) storages.add(viewOf(schedule, value).storage);
  };
  for (const { nodes } of passes) {
    for (const { inputs, output } of nodes) [...inputs, output].forEach(visit);
  }
  return [...storages];
}
