import type { FunctionBuilder } from '../../assembler/function-builder.ts';
import { i32, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { I32, Local, V128 } from '../../assembler/value.ts';
import { expNear } from '../exp.ts';
import { FLOAT32, FLOAT64, type FloatLanes } from '../lanes.ts';
import { log } from '../log.ts';
import type { Constants } from '../static-area.ts';
import { type Access, everywhere, largestOf, overRow, totalOf } from './rows.ts';

/**
 * Exports `softmax.dtype(out, x, rows, width, zeroWhereEmpty)`, `logSoftmax.dtype(out, x, rows, width)`, and their derivatives
 * `softmaxGradient.dtype` and `logSoftmaxGradient.dtype(out, y, dy, rows, width)`; widths of rows are in bytes.
 */
export function softmaxes(module: ModuleBuilder, constants: Constants): void {
  for (const lanes of [FLOAT32, FLOAT64]) {
    softmax(module, constants, lanes);
    logSoftmax(module, constants, lanes);
    const expOf = (f: FunctionBuilder, y: V128): V128 => expNear({ f, lanes, constants }, y);
    gradient(module, lanes, 'softmaxGradient', {
      term: (y, dy) => lanes.mul(y, dy),
      result: (_f, y, dy, total) => lanes.mul(y, lanes.sub(dy, total)),
    });
    gradient(module, lanes, 'logSoftmaxGradient', {
      term: (_y, dy) => dy,
      result: (f, y, dy, total) => lanes.sub(dy, lanes.mul(expOf(f, y), total)),
    });
  }
}

function softmax(module: ModuleBuilder, constants: Constants, lanes: FloatLanes): void {
  const parameters = { out: 'i32', x: 'i32', rows: 'i32', width: 'i32', zeroWhereEmpty: 'i32' } as const;
  const reference = module.function(parameters, [], (f, { out, x, rows, width, zeroWhereEmpty }) => {
    const { at, m, total } = f.locals({ at: 'i32', m: 'v128', total: 'v128' });
    f.while(rows, () => {
      largestOfRow(f, constants, lanes, { x, at, width, m });
      finiteOrZero(f, constants, lanes, m);
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, (access) => {
        const e = f.let(expNear({ f, lanes, constants }, lanes.sub(access.load(i32.add(x, at)), m)));
        f.do(access.store(i32.add(out, at), e));
        access.addTo(total, e);
      });
      f.set(total, everywhere(lanes, totalOf(total)));
      f.if(zeroWhereEmpty, () => {
        f.set(total, v128.bitselect(lanes.constant(constants, 1), total, lanes.eq(total, v128.zero)));
      });
      overRow(f, lanes, at, width, (access) => {
        const to = i32.add(out, at);
        f.do(access.store(to, lanes.div(access.load(to), total)));
      });
      f.increase(out, width);
      f.increase(x, width);
      f.increase(rows, -1);
    });
  });
  module.export(`softmax.${lanes.dtype}`, reference);
}

function logSoftmax(module: ModuleBuilder, constants: Constants, lanes: FloatLanes): void {
  const parameters = { out: 'i32', x: 'i32', rows: 'i32', width: 'i32' } as const;
  const reference = module.function(parameters, [], (f, { out, x, rows, width }) => {
    const { at, m, total } = f.locals({ at: 'i32', m: 'v128', total: 'v128' });
    f.while(rows, () => {
      largestOfRow(f, constants, lanes, { x, at, width, m });
      finiteOrZero(f, constants, lanes, m);
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, (access) => {
        access.addTo(total, f.let(expNear({ f, lanes, constants }, lanes.sub(access.load(i32.add(x, at)), m))));
      });
      f.set(total, log({ f, lanes, constants }, everywhere(lanes, totalOf(total))));
      overRow(f, lanes, at, width, (access) => {
        f.do(access.store(i32.add(out, at), lanes.sub(lanes.sub(access.load(i32.add(x, at)), m), total)));
      });
      f.increase(out, width);
      f.increase(x, width);
      f.increase(rows, -1);
    });
  });
  module.export(`logSoftmax.${lanes.dtype}`, reference);
}

interface GradientRule {
  /** What is summed up along the row. */
  readonly term: (y: V128, dy: V128) => V128;
  readonly result: (f: FunctionBuilder, y: V128, dy: V128, total: V128) => V128;
}

function gradient(module: ModuleBuilder, lanes: FloatLanes, name: string, { term, result }: GradientRule): void {
  const parameters = { out: 'i32', y: 'i32', dy: 'i32', rows: 'i32', width: 'i32' } as const;
  const reference = module.function(parameters, [], (f, { out, y, dy, rows, width }) => {
    const { at, total } = f.locals({ at: 'i32', total: 'v128' });
    const both = ({ load }: Access): readonly [V128, V128] => [load(i32.add(y, at)), load(i32.add(dy, at))];
    f.while(rows, () => {
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, (access) => access.addTo(total, term(...both(access))));
      f.set(total, everywhere(lanes, totalOf(total)));
      overRow(f, lanes, at, width, (access) => {
        f.do(access.store(i32.add(out, at), result(f, ...both(access), total)));
      });
      f.increase(out, width);
      f.increase(y, width);
      f.increase(dy, width);
      f.increase(rows, -1);
    });
  });
  module.export(`${name}.${lanes.dtype}`, reference);
}

/** The largest number of a row in every lane of m, −∞ over nothing. NaN is passed over: it comes back in the sum of the row. */
export function largestOfRow(
  f: FunctionBuilder,
  constants: Constants,
  lanes: FloatLanes,
  { x, at, width, m }: { readonly x: I32; readonly at: Local<'i32'>; readonly width: I32; readonly m: Local<'v128'> },
): void {
  f.set(m, lanes.constant(constants, -Infinity));
  overRow(f, lanes, at, width, ({ load }) => f.set(m, lanes.pmax(m, load(i32.add(x, at)))));
  largestOf(f, lanes, m);
}

/** 0 in place of an infinity, as ∞ − ∞ is NaN. */
function finiteOrZero(f: FunctionBuilder, constants: Constants, lanes: FloatLanes, m: Local<'v128'>): void {
  const infinite = lanes.eq(lanes.abs(m), lanes.constant(constants, Infinity));
  f.set(m, v128.bitselect(v128.zero, m, infinite));
}
