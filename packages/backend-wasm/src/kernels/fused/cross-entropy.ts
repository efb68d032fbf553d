import { i32, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import { expNear } from '../exp.ts';
import { storeFirst } from '../first-lane.ts';
import { FLOAT32, FLOAT64, type FloatLanes } from '../lanes.ts';
import { log } from '../log.ts';
import type { Constants } from '../static-area.ts';
import { everywhere, number, overRow, totalOf } from './rows.ts';
import { largestOfRow } from './softmax.ts';

/**
 * Exports `crossEntropy.dtype(losses, gradient, x, targets, rows, classes, ignoreIndex, divisor)`, which leaves `gradient` alone, and
 * `crossEntropyWithGradient.dtype`, which writes it divided by `divisor`. Both give the number of rows that were not reached: 0, or more if
 * a target is out of range. And `targetsLeft(targets, rows, ignoreIndex)`, the number of rows that are not left out.
 */
export function crossEntropies(module: ModuleBuilder, constants: Constants): void {
  for (const lanes of [FLOAT32, FLOAT64]) {
    crossEntropy(module, constants, lanes, false);
    crossEntropy(module, constants, lanes, true);
  }
  const left = module.function(
    { targets: 'i32', rows: 'i32', ignoreIndex: 'i32' },
    ['i32'],
    (f, { targets, rows, ignoreIndex }) => {
      const count = f.local('i32');
      f.while(rows, () => {
        f.set(count, i32.add(count, i32.ne(i32.load(targets), ignoreIndex)));
        f.increase(targets, 4);
        f.increase(rows, -1);
      });
      f.return(count);
    },
  );
  module.export('targetsLeft', left);
}

function crossEntropy(module: ModuleBuilder, constants: Constants, lanes: FloatLanes, withGradient: boolean): void {
  const { bytes, dtype, splat } = lanes;
  const parameters = {
    losses: 'i32',
    gradient: 'i32',
    x: 'i32',
    targets: 'i32',
    rows: 'i32',
    classes: 'i32',
    ignoreIndex: 'i32',
    divisor: 'f64',
  } as const;
  const reference = module.function(parameters, ['i32'], (f, locals) => {
    const { losses, gradient, x, targets, rows, classes, ignoreIndex, divisor } = locals;
    const { at, target, m, total } = f.locals({ at: 'i32', target: 'i32', m: 'v128', total: 'v128' });
    const width = f.let(i32.mul(classes, i32.const(bytes)));
    const by = f.let(number(lanes, divisor));
    const share = f.let(lanes.div(lanes.constant(constants, 1), by));

    const leaveOut = (): void => {
      f.do(storeFirst(losses, v128.zero, bytes));
      if (withGradient) overRow(f, lanes, at, width, ({ store }) => f.do(store(i32.add(gradient, at), v128.zero)));
    };
    const lossOfRow = (): void => {
      f.if(i32.ge_u(target, classes), () => f.return(rows));
      f.set(target, i32.mul(target, i32.const(bytes)));
      largestOfRow(f, constants, lanes, { x, at, width, m });
      f.set(total, v128.zero);
      overRow(f, lanes, at, width, (access) => {
        const e = f.let(expNear({ f, lanes, constants }, lanes.sub(access.load(i32.add(x, at)), m)));
        if (withGradient) f.do(access.store(i32.add(gradient, at), e));
        access.addTo(total, e);
      });
      f.set(total, everywhere(lanes, totalOf(total)));
      if (withGradient) {
        const divided = f.let(lanes.mul(total, by));
        overRow(f, lanes, at, width, (access) => {
          const to = i32.add(gradient, at);
          f.do(access.store(to, lanes.div(access.load(to), divided)));
        });
        const hit = f.let(i32.add(gradient, target));
        f.do(storeFirst(hit, lanes.sub(splat(hit), share), bytes));
      }
      const shifted = lanes.sub(splat(i32.add(x, target)), m);
      f.do(storeFirst(losses, lanes.sub(log({ f, lanes, constants }, total), shifted), bytes));
    };

    f.while(rows, () => {
      f.set(target, i32.load(targets));
      f.if(i32.eq(target, ignoreIndex), leaveOut, lossOfRow);
      f.increase(losses, bytes);
      f.increase(targets, 4);
      f.increase(x, width);
      if (withGradient) f.increase(gradient, width);
      f.increase(rows, -1);
    });
    f.return(i32.const(0));
  });
  module.export(`${withGradient ? 'crossEntropyWithGradient' : 'crossEntropy'}.${dtype}`, reference);
}
