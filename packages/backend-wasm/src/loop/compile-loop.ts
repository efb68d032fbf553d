import { type CompiledLoop, type LoopObstacle, type LoopProgram } from '@unroll/backend';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Local } from '../assembler/value.ts';
import { FunctionBuilder } from '../assembler/function-builder.ts';
import { type WasmFunction, type WasmInstance, engine } from '../engine.ts';
import { Constants, LOOP_CONSTANTS, LOOP_CONSTANTS_END } from '../kernels/static-area.ts';
import { isWorthwhile } from '../ops/in-parts.ts';
import type { Runtime } from '../ops/runtime.ts';
import { splitOf } from './batch.ts';
import { type PassKernel, emitDriver } from './driver.ts';
import { useConstants } from './operations.ts';
import { emitPass } from './pass.ts';
import { viewOf } from './placement.ts';
import { IMPORTED_KERNELS, importProductKernels } from './product.ts';
import { withSlots } from './reuse.ts';
import { rowsOfPart, whyMixed } from './rows.ts';
import { explained } from './index-errors.ts';
import { type LoopCode, partsOfBatch, runLoop } from './run-loop.ts';
import { type Pass, type Schedule, scheduleOf } from './schedule.ts';
import { CompiledSteps } from './steps.ts';
import { type Storage, obstacle } from './values.ts';
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

/** What tests can switch off. */
export interface LoopCodeOptions {
  /** Whether values share memory where that saves copies. Default true. */
  readonly reuse?: boolean;
}

/** The loop of a program as code, or why there is none. */
export function loopCode(
  runtime: Runtime,
  program: LoopProgram,
  { reuse = true }: LoopCodeOptions = {},
): LoopCode | LoopObstacle {
  const reason = obstacle(program);
  if (reason !== undefined) return { reason };
  const candidate = splitOf(program);
  const copying = scheduleOf(program, (value) => 'roles' in candidate && candidate.roles[value] === 'rows');
  const schedule = reuse ? withSlots(program, copying) : copying;
  const split = ('roles' in candidate && whyMixed(schedule, candidate)) || candidate;
  const parts = 'roles' in split ? split : undefined;
  const module = new ModuleBuilder();
  module.importMemory(runtime.memory.linear.limits);
  const kernels = importProductKernels(module);
  const constants = new Constants(LOOP_CONSTANTS, LOOP_CONSTANTS_END);
  useConstants(new FunctionBuilder(0), constants);
  const passes = schedule.actions.map((action): PassKernel | undefined => {
    if (!('passes' in action)) return undefined;
    const storages = storagesOf(schedule, action.passes);
    const parameters = ['sequences', ...storages.map((_, j) => `p${j}`)].map((name) => [name, 'i32'] as const);
    const kernel = module.function(Object.fromEntries(parameters), [], (f, locals) => {
      const baseOf = (storage: Storage): Local<'i32'> => locals[`p${storages.indexOf(storage)}`]!;
      const rowsOf = (rows: number): I32 => rowsOfPart(rows, parts, locals['sequences']!);
      for (const pass of action.passes) emitPass({ f, constants, schedule, baseOf, rowsOf }, pass);
    });
    return { kernel, storages };
  });
  const driver = emitDriver(module, kernels, program, schedule, parts, passes);
  constants.addTo(module);
  const { bytes } = module;
  const exports = instantiate(runtime, bytes);
  if (!exports) return { reason: 'the engine refuses the code' };
  const [prepare, run] = [exports['prepare'], exports['run']] as [WasmFunction, WasmFunction];
  return { program, schedule, driver, split, bytes, exports, prepare, run };
}

function compileLoop(runtime: Runtime, program: LoopProgram): CompiledLoop | LoopObstacle {
  const code = loopCode(runtime, program);
  if ('reason' in code) return code;
  const { threads } = runtime;
  const perStep = microsecondsPerStep(program);
  const all: CompiledLoop = (run) => {
    const parts = isWorthwhile(threads, run.time * perStep) ? threads.parts : 1;
    return withIndexErrors(() => runLoop(runtime, code, run, partsOfBatch(code.split, parts)));
  };
  const loop = Object.assign(all, stepsOf(runtime, code));
  if (threads.parts > 1) threads.add(code.bytes, code.exports, loop);
  return loop;
}

function withIndexErrors<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw explained(error);
  }
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
function instantiate({ memory, kernel }: Runtime, bytes: Uint8Array<ArrayBuffer>): WasmInstance['exports'] | undefined {
  const host = engine()!;
  try {
    const kernels = Object.fromEntries(IMPORTED_KERNELS.map((name) => [name, kernel(name)]));
    return new host.Instance(new host.Module(bytes), { env: { memory: memory.linear.memory, ...kernels } }).exports;
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
