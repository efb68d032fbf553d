import { f32, f64, i32, store } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Value } from '../assembler/value.ts';

interface Numbers<T extends 'f32' | 'f64' | 'i32'> {
  readonly name: string;
  readonly type: T;
  readonly load: (address: I32) => Value<T>;
  readonly le: (x: Value<T>, y: Value<T>) => I32;
  readonly eq: (x: Value<T>, y: Value<T>) => I32;
}

/**
 * Exports `argmax.dtype(out, x, count, n, stride, step)`: the first position of the largest of n elements that lie `step` bytes
 * apart, `count` times, `stride` bytes further each time. NaN counts as larger than all numbers, as it does in `max`.
 */
export function argmaxes(module: ModuleBuilder): void {
  argmax(module, { name: 'float32', type: 'f32', ...f32 });
  argmax(module, { name: 'float64', type: 'f64', ...f64 });
  argmax(module, { name: 'int32', type: 'i32', load: i32.load, le: i32.le_s, eq: i32.eq });
}

function argmax<T extends 'f32' | 'f64' | 'i32'>(
  module: ModuleBuilder,
  { name, type, load, le, eq }: Numbers<T>,
): void {
  const reference = module.function(
    { out: 'i32', x: 'i32', count: 'i32', n: 'i32', stride: 'i32', step: 'i32' },
    [],
    (f, { out, x, count, n, stride, step }) => {
      const { position, best, from } = f.locals({ position: 'i32', best: 'i32', from: 'i32' });
      const largest = f.local(type);
      const value = f.local(type);
      f.while(count, () => {
        f.set(largest, load(x));
        f.set(best, i32.const(0));
        f.set(from, i32.add(x, step));
        f.set(position, i32.const(1));
        // Only NaN does not equal itself.
        f.while(i32.and(i32.lt_u(position, n), eq(largest, largest)), () => {
          f.set(value, load(from));
          f.if(i32.eqz(le(value, largest)), () => {
            f.set(largest, value);
            f.set(best, position);
          });
          f.increase(from, step);
          f.increase(position, 1);
        });
        f.do(store.i32(out, best));
        f.increase(out, 4);
        f.increase(x, stride);
        f.increase(count, -1);
      });
    },
  );
  module.export(`argmax.${name}`, reference);
}
