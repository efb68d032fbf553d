import type { FunctionBuilder } from '../assembler/function-builder.ts';
import { i32, store, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import { scratchIn } from './static-area.ts';

type Width = 4 | 8;

/** Computes one vector from what the pointers point at: as many as the op has inputs, and no more. */
export type Body = (f: FunctionBuilder, x: I32, y: I32, z: I32) => V128;

/** What `mapRows` and `mapAll` are told of an op on elements. */
export interface ElementOp {
  /** Bytes of an element of each input. */
  readonly inputs: readonly Width[];
  /** Bytes of an element of the result. */
  readonly output: Width;
  readonly body: Body;
}

/** Elements of one pass: as many as a vector of the result has. */
function elementsPerPass({ output }: ElementOp): number {
  return 16 / output;
}

/**
 * An op on contiguous arrays: `name(out, passes, x, …)`. Whole vectors are read and written; what lies behind the last element is
 * the slack that every buffer has.
 */
export function mapAll(module: ModuleBuilder, name: string, op: ElementOp): void {
  const parameters = {
    out: 'i32',
    passes: 'i32',
    ...Object.fromEntries(op.inputs.map((_, i) => [`x${i}`, 'i32'] as const)),
  } as const;
  const count = elementsPerPass(op);
  const reference = module.function(parameters, [], (f, locals) => {
    const { out, passes } = locals;
    const pointers = op.inputs.map((_, i) => (locals as Readonly<Record<string, Local<'i32'>>>)[`x${i}`]!);
    const end = f.let(i32.add(out, i32.shl(passes, i32.const(4))));
    f.while(i32.lt_u(out, end), () => {
      f.do(store.v128(out, op.body(f, ...three(pointers))));
      pointers.forEach((pointer, i) => f.increase(pointer, count * op.inputs[i]!));
      f.increase(out, 16);
    });
  });
  module.export(name, reference);
}

/**
 * An op that broadcasts: `name(out, outRow, rows, passes, x, xRow, xStep, …)`. Each input has a stride in bytes from row to row and a
 * step from pass to pass: the bytes of a pass, or 0 where one element serves the whole row. Rows are written in order, whole vectors
 * at a time: what goes beyond a row is written again by the next one.
 */
export function mapRows(module: ModuleBuilder, name: string, op: ElementOp): void {
  const parameters = {
    out: 'i32',
    outRow: 'i32',
    rows: 'i32',
    passes: 'i32',
    ...Object.fromEntries(
      op.inputs.flatMap((_, i) => [`x${i}`, `row${i}`, `step${i}`].map((key) => [key, 'i32'] as const)),
    ),
  } as const;
  const count = elementsPerPass(op);
  const reference = module.function(parameters, [], (f, locals) => {
    const { out, outRow, rows, passes } = locals;
    const named = locals as Readonly<Record<string, Local<'i32'>>>;
    const starts = op.inputs.map((_, i) => named[`x${i}`]!);
    const strides = op.inputs.map((_, i) => named[`row${i}`]!);
    const steps = op.inputs.map((_, i) => named[`step${i}`]!);
    const pointers = op.inputs.map(() => f.local('i32'));
    const { to, end } = f.locals({ to: 'i32', end: 'i32' });
    const scratch = scratchIn(module);
    f.while(rows, () => {
      op.inputs.forEach((width, i) => {
        f.if(
          steps[i]!,
          () => f.set(pointers[i]!, starts[i]!),
          () => {
            f.set(pointers[i]!, i32.add(scratch, i32.const(32 * i)));
            const repeated = (width === 4 ? v128.load32_splat : v128.load64_splat)(starts[i]!);
            for (let at = 0; at < count * width; at += 16) f.do(store.v128(pointers[i]!, repeated, at));
          },
        );
      });
      f.set(to, out);
      f.set(end, i32.add(out, i32.shl(passes, i32.const(4))));
      f.while(i32.lt_u(to, end), () => {
        f.do(store.v128(to, op.body(f, ...three(pointers))));
        pointers.forEach((pointer, i) => f.increase(pointer, steps[i]!));
        f.increase(to, 16);
      });
      f.increase(out, outRow);
      starts.forEach((start, i) => f.increase(start, strides[i]!));
      f.increase(rows, -1);
    });
  });
  module.export(name, reference);
}

/** Pointers that are missing repeat the first; no body of fewer inputs looks at them. */
function three(pointers: readonly I32[]): [I32, I32, I32] {
  const [x, y = x!, z = x!] = pointers;
  return [x!, y, z];
}
