import type { LoopObstacle, LoopProgram } from '@unroll/backend';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { Constants } from '../kernels/static-area.ts';
import { type BatchSplit, type Unsplittable, splitOf } from './batch.ts';
import { withEarlySums } from './early-sums.ts';
import { type Driver, type PassKernel, emitDriver } from './driver.ts';
import { mayFail } from './failure.ts';
import { inOrder } from './order.ts';
import { emitPass } from './pass.ts';
import { viewOf } from './placement.ts';
import type { ProductKernels } from './product.ts';
import { withSlots } from './reuse.ts';
import { rowsOfPart, whyMixed } from './rows.ts';
import { type Pass, type Schedule, scheduleOf } from './schedule.ts';
import { type Storage, obstacle } from './values.ts';

/** The code of a loop, which nobody runs yet. */
export interface LoopModule {
  readonly program: LoopProgram;
  readonly schedule: Schedule;
  readonly driver: Driver;
  /** Whether parts of the batch may run by themselves. */
  readonly split: BatchSplit | Unsplittable;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the code of a loop is written into: a module that imports `env.memory`. */
export interface LoopModuleParts {
  readonly module: ModuleBuilder;
  readonly constants: Constants;
  /** The kernels of its products. */
  readonly kernelsFor: (schedule: Schedule) => ProductKernels;
}

export interface LoopModuleOptions {
  /** Whether values share memory where that saves copies. Default true. */
  readonly reuse?: boolean;
  /** Whether equations are put in an order that saves passes, and sums are taken early. Default true. */
  readonly arrange?: boolean;
}

/** Writes the loop of a program into a module, which then exports `prepare` and `run`; or says why there is none. */
export function loopModule(
  given: LoopProgram,
  { module, constants, kernelsFor }: LoopModuleParts,
  { reuse = true, arrange = true }: LoopModuleOptions = {},
): LoopModule | LoopObstacle {
  const reason = obstacle(given);
  if (reason !== undefined) return { reason };
  const program = arrange ? inOrder(withEarlySums(given)) : given;
  const candidate = splitOf(program);
  const copying = scheduleOf(program, (value) => 'roles' in candidate && candidate.roles[value] === 'rows');
  const schedule = reuse ? withSlots(program, copying) : copying;
  const split = ('roles' in candidate && whyMixed(schedule, candidate)) || candidate;
  const parts = 'roles' in split ? split : undefined;
  const kernels = kernelsFor(schedule);
  const passes = schedule.actions.map((action): PassKernel | undefined => {
    if (!('passes' in action)) return undefined;
    const storages = storagesOf(schedule, action.passes);
    const fails = action.passes.some(mayFail);
    const names = ['sequences', ...(fails ? ['failure'] : []), ...storages.map((_, j) => `p${j}`)];
    const parameters = names.map((name) => [name, 'i32'] as const);
    const kernel = module.function(Object.fromEntries(parameters), [], (f, locals) => {
      const baseOf = (storage: Storage): Local<'i32'> => locals[`p${storages.indexOf(storage)}`]!;
      const rowsOf = (rows: number): I32 => rowsOfPart(rows, parts, locals['sequences']!);
      const emission = { f, constants, inPairs: module.inPairs, schedule, baseOf, rowsOf, failure: locals['failure'] };
      for (const pass of action.passes) emitPass(emission, pass);
    });
    return { kernel, mayFail: fails, storages };
  });
  const driver = emitDriver(module, kernels, program, schedule, parts, passes);
  constants.addTo(module);
  return { program, schedule, driver, split, bytes: module.bytes };
}

/** All storages that passes read and write. */
export function storagesOf(schedule: Schedule, passes: readonly Pass[]): readonly Storage[] {
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
