import { describe, expect, it } from 'vitest';
import { type WasmFunction, engine } from '../engine.ts';
import { call } from './function-builder.ts';
import { i32, store } from './instructions.ts';
import { ModuleBuilder } from './module-builder.ts';

const host = engine()!;

function exportsOf(module: ModuleBuilder, env: Readonly<Record<string, unknown>> = {}): Record<string, WasmFunction> {
  const instance = new host.Instance(new host.Module(module.bytes), { env });
  return instance.exports as Record<string, WasmFunction>;
}

describe('a module', () => {
  it('is encoded as the specification says', () => {
    const module = new ModuleBuilder();
    const add = module.function({ x: 'i32', y: 'i32' }, ['i32'], (f, { x, y }) => f.return(i32.add(x, y)));
    module.export('add', add);
    const sections = [
      // magic number and version
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      // one type: (i32, i32) → i32
      [0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f],
      // one function, of type 0
      [0x03, 0x02, 0x01, 0x00],
      // one export: function 0 as "add"
      [0x07, 0x07, 0x01, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00],
      // one body: no locals; local.get 0, local.get 1, i32.add, return, end
      [0x0a, 0x0a, 0x01, 0x08, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0f, 0x0b],
    ];
    expect(Array.from(module.bytes)).toEqual(sections.flat());
    expect(exportsOf(module)['add']!(2, 3)).toBe(5);
  });

  it('says of its memory whether it has a maximum and is shared', () => {
    const limits = (...args: Parameters<ModuleBuilder['importMemory']>): number[] => {
      const module = new ModuleBuilder();
      module.importMemory(...args);
      expect(host.validate(module.bytes)).toBe(true);
      return Array.from(module.bytes.slice(23));
    };
    expect(limits({ minimum: 3 })).toEqual([0, 3]);
    expect(limits({ minimum: 3, maximum: 128 })).toEqual([1, 3, 0x80, 1]);
    expect(limits({ minimum: 3, maximum: 4, shared: true })).toEqual([3, 3, 4]);
  });

  it('has one type for functions of equal types', () => {
    const module = new ModuleBuilder();
    for (let i = 0; i < 3; i++) module.function({ x: 'i32' }, [], () => {});
    module.function({ y: 'f32' }, [], () => {});
    // Right behind the header: the section of types, its size, and the number of entries.
    expect(module.bytes[10]).toBe(2);
  });

  it('calls what it imports and reads what it is given', () => {
    const module = new ModuleBuilder();
    const twice = module.importFunction('twice', { parameters: ['i32'], results: ['i32'] });
    const base = module.importConstant('base', 'i32');
    const run = module.function({ x: 'i32' }, ['i32'], (f, { x }) => f.return(i32.add(call('i32', twice, x), base)));
    module.export('run', run);
    expect(exportsOf(module, { twice: (x: number) => 2 * x, base: 100 })['run']!(4)).toBe(108);
  });

  it('writes its data when it is instantiated', () => {
    const module = new ModuleBuilder();
    module.importMemory({ minimum: 1 });
    module.data(1000, Uint8Array.of(1, 2, 3));
    const memory = new host.Memory({ initial: 1, maximum: 1 });
    exportsOf(module, { memory });
    expect(Array.from(new Uint8Array(memory.buffer, 999, 5))).toEqual([0, 1, 2, 3, 0]);
  });
});

describe('a function', () => {
  it('declares neighbouring locals of one type together', () => {
    const module = new ModuleBuilder();
    module.function({}, [], (f) => {
      f.locals({ a: 'i32', b: 'i32', c: 'v128' });
    });
    expect(Array.from(module.bytes).slice(-8)).toEqual([0x01, 0x06, 0x02, 0x02, 0x7f, 0x01, 0x7b, 0x0b]);
  });

  it('loops, counts and branches', () => {
    const module = new ModuleBuilder();
    const sum = module.function({ n: 'i32' }, ['i32'], (f, { n }) => {
      const { i, total } = f.locals({ i: 'i32', total: 'i32' });
      f.for(i, n, 1, () => {
        f.if(
          i32.and(i, i32.const(1)),
          () => f.increase(total, i),
          () => f.increase(total, 1000),
        );
      });
      f.return(total);
    });
    const powerOfTwo = module.function({ n: 'i32' }, ['i32'], (f, { n }) => {
      const value = f.let(i32.const(1));
      f.times(n, () => f.set(value, i32.shl(value, i32.const(1))));
      f.return(value);
    });
    const halvings = module.function({ n: 'i32' }, ['i32'], (f, { n }) => {
      const count = f.local('i32');
      f.while(i32.gt_u(n, i32.const(1)), () => {
        f.set(n, i32.shr_u(n, i32.const(1)));
        f.increase(count, 1);
      });
      f.return(count);
    });
    module.export('sum', sum);
    module.export('powerOfTwo', powerOfTwo);
    module.export('halvings', halvings);
    const run = exportsOf(module);
    expect([0, 1, 5].map((n) => run['sum']!(n))).toEqual([0, 1000, 3004]);
    expect(run['powerOfTwo']!(10)).toBe(1024);
    expect([0, 1, 2, 1023, 1024].map((n) => run['halvings']!(n))).toEqual([0, 0, 1, 9, 10]);
  });

  it('calls another one for its effect', () => {
    const module = new ModuleBuilder();
    module.importMemory({ minimum: 1 });
    const write = module.function({ at: 'i32', value: 'i32' }, [], (f, { at, value }) => f.do(store.i32(at, value, 4)));
    module.export(
      'run',
      module.function({}, [], (f) => f.call(write, i32.const(8), i32.const(-7))),
    );
    const memory = new host.Memory({ initial: 1, maximum: 1 });
    exportsOf(module, { memory })['run']!();
    expect(new Int32Array(memory.buffer)[3]).toBe(-7);
  });
});
