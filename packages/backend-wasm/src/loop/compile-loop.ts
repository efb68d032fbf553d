import { type CompiledLoop, type LoopObstacle, type LoopProgram } from '@unroll/backend';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import { type WasmFunction, type WasmInstance, engine } from '../engine.ts';
import { Constants, LOOP_CONSTANTS, LOOP_CONSTANTS_END } from '../kernels/static-area.ts';
import { isWorthwhile } from '../ops/in-parts.ts';
import type { Runtime } from '../ops/runtime.ts';
import { type LoopModuleOptions, loopModule } from './loop-module.ts';
import { IMPORTED_KERNELS, importProductKernels } from './product.ts';
import { type LoopCode, partsOfBatch, runLoop } from './run-loop.ts';
import { CompiledSteps } from './steps.ts';
import { microsecondsPerStep } from './work.ts';

/** Compiles each program once. A loop goes with its program: memory is only taken while it runs. */
export function loopCompiler(runtime: Runtime): (program: LoopProgram) => CompiledLoop | LoopObstacle {
  const loops = new WeakMap<LoopProgram, CompiledLoop | LoopObstacle>();
  return (program) => {
    let loop = loops.get(program);
    if (!loop) loops.set(program, (loop = compileLoop(runtime, program)));
    return loop;
  };
}

/** The loop of a program as code, or why there is none. */
export function loopCode(
  runtime: Runtime,
  program: LoopProgram,
  options: LoopModuleOptions = {},
): LoopCode | LoopObstacle {
  const module = new ModuleBuilder(runtime.compiler);
  module.importMemory(runtime.memory.linear.limits);
  const kernels = importProductKernels(module);
  const loop = loopModule(program, { module, constants: constantsOfLoops, kernelsFor: () => kernels }, options);
  if ('reason' in loop) return loop;
  const exports = instantiate(runtime, loop.bytes);
  if (!exports) return { reason: 'the engine refuses the code' };
  const [prepare, run] = [exports['prepare'], exports['run']] as [WasmFunction, WasmFunction];
  return { ...loop, exports, prepare, run };
}

/**
 * At the same addresses in all loops: each adds those that it is the first to need, and writes all there are, as the loops of one
 * memory must not write over each other's.
 */
const constantsOfLoops = new Constants(LOOP_CONSTANTS, LOOP_CONSTANTS_END);

function compileLoop(runtime: Runtime, program: LoopProgram): CompiledLoop | LoopObstacle {
  const code = loopCode(runtime, program);
  if ('reason' in code) return code;
  const { threads } = runtime;
  const perStep = microsecondsPerStep(program);
  const [whole, divided] = [partsOfBatch(code.split, 1), partsOfBatch(code.split, threads.parts)];
  const all: CompiledLoop = (run) =>
    runLoop(runtime, code, run, isWorthwhile(threads, run.time * perStep) ? divided : whole);
  const loop = Object.assign(all, stepsOf(runtime, code));
  if (threads.parts > 1) threads.add(code.bytes, code.exports, loop);
  return loop;
}

/** Steps one at a time, of a program that is given one series and gives one. They are too small to be worth a second thread. */
function stepsOf({ memory }: Runtime, code: LoopCode): Pick<CompiledLoop, 'begin'> {
  const { program, schedule, driver } = code;
  const isPlain = [program.inputs.series, program.outputs.series, schedule.kept].every(({ length }) => length === 1);
  return isPlain && !schedule.slots?.length && driver.totals.size === 0
    ? { begin: (start) => new CompiledSteps(memory, code, start) }
    : {};
}

/** Engines may refuse: a page's main thread to compile without waiting, all of them code beyond their limits. Then it is said aloud. */
function instantiate(
  { memory, kernel, compiler }: Runtime,
  bytes: Uint8Array<ArrayBuffer>,
): WasmInstance['exports'] | undefined {
  const host = engine()!;
  try {
    const kernels = Object.fromEntries(IMPORTED_KERNELS.map((name) => [name, kernel(name)]));
    return new host.Instance(compiler.compile(bytes), { env: { memory: memory.linear.memory, ...kernels } }).exports;
  } catch (error) {
    console.warn(
      `wasm: the engine refuses the compiled steps of a loop (${String(error)}); they run op by op, which is slower. ` +
        'On a page, run the model in a worker.',
    );
    return undefined;
  }
}
