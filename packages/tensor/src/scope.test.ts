import { describe, expect, it } from 'vitest';
import { tensor } from './create.ts';
import { Parameter, castParameters, namedParameters, parametersOf, withParameterValues } from './parameter.ts';
import { probe, withProbes } from './probe.ts';
import { withRecorder } from './recorder.ts';
import { keep, scope } from './scope.ts';
import type { Tensor } from './tensor.ts';
import { mapTensors, tensorsOf } from './tree.ts';

describe('scope', () => {
  it('frees what was made inside and not returned', () => {
    let temporary: Tensor | undefined;
    const result = scope(() => {
      temporary = tensor([1]);
      return temporary.add(1);
    });
    expect(temporary?.isDisposed).toBe(true);
    expect(result.item()).toBe(2);
    expect(() => temporary?.add(1)).toThrow('used after it was freed');
  });

  it('spares tensors in returned arrays, objects, maps and instances, and those made outside', () => {
    const outside = tensor([1]);
    class Box {
      readonly inner = tensor([5]);
    }
    const result = scope(() => ({
      list: [tensor([2])],
      map: new Map([['a', tensor([3])]]),
      box: new Box(),
      same: outside,
    }));
    expect([result.list[0], result.map.get('a'), result.box.inner].every((x) => x?.isDisposed === false)).toBe(true);
    expect(outside.isDisposed).toBe(false);
  });

  it('hands its results to the scope outside', () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => tensor([1]));
      expect(inner.isDisposed).toBe(false);
    });
    expect(inner?.isDisposed).toBe(true);
  });

  it('leaves alone what was kept, and parameters', () => {
    const [kept, parameter] = scope(() => {
      const made = keep(tensor([1]));
      return [made, new Parameter(tensor([2]))] as const;
    });
    const model = scope(() => {
      const local = new Parameter(tensor([3]));
      return { local };
    });
    expect([kept, parameter.value, model.local.value].every((x) => !x.isDisposed)).toBe(true);
  });

  it('frees also when the function throws, and refuses asynchronous functions', () => {
    let made: Tensor | undefined;
    expect(() =>
      scope(() => {
        made = tensor([1]);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(made?.isDisposed).toBe(true);
    expect(() => scope(async () => Promise.resolve(1))).toThrow('the function is asynchronous');
    const after = tensor([1]);
    expect(after.owner).toBeUndefined();
  });

  it('frees nothing while a recorder listens', () => {
    let made: Tensor | undefined;
    withRecorder({ record: () => undefined }, () =>
      scope(() => {
        made = tensor([1]).exp();
      }),
    );
    expect(made?.isDisposed).toBe(false);
  });

  it('works with using', () => {
    let made: Tensor | undefined;
    {
      using x = tensor([1]);
      made = x;
    }
    expect(made.isDisposed).toBe(true);
  });
});

describe('Parameter', () => {
  it('frees the value that it replaces, and refuses another shape', () => {
    const parameter = new Parameter(tensor([1, 2]));
    const old = parameter.value;
    const copy = old.detach();
    parameter.value = old.mul(2);
    expect(old.isDisposed).toBe(true);
    expect([...copy.dataSync()]).toEqual([1, 2]);
    expect(() => {
      parameter.value = tensor([1]);
    }).toThrow("a value [1] can't replace one of [2]");
  });

  it('does not share a tensor with another parameter', () => {
    const a = new Parameter(tensor([1]));
    const b = new Parameter(a.value);
    a.value = tensor([2]);
    expect(b.value.item()).toBe(1);
  });

  it('is named by its path; a tied one is listed once', () => {
    const shared = new Parameter(tensor([1]));
    const model = {
      decoder: { cell: { weight_ih: shared, bias: undefined } },
      layers: [{ weight: new Parameter(tensor([2])) }],
      heads: new Map([['pos', new Parameter(tensor([3]))]]),
      tied: shared,
      size: 3,
      note: 'text',
      table: new Float32Array(2),
      constant: tensor([1]),
    };
    Object.assign(model, { self: model });
    expect(namedParameters(model).map(([name]) => name)).toEqual([
      'decoder.cell.weight_ih',
      'layers.0.weight',
      'heads.pos',
    ]);
    castParameters(model, 'float64');
    expect(parametersOf(model).map((parameter) => parameter.value.dtype)).toEqual(['float64', 'float64', 'float64']);
  });
});

describe('probe', () => {
  it('tells the watcher and changes nothing', () => {
    const seen: string[] = [];
    const x = tensor([1]);
    const y = withProbes(
      (name, value) => seen.push(`${name} ${value.item()}`),
      () => probe('gate', x),
    );
    expect(y).toBe(x);
    expect(probe('unseen', x)).toBe(x);
    expect(seen).toEqual(['gate 1']);
  });
});

describe('tensor trees', () => {
  it('map to the same structure, with paths', () => {
    const tree = { h: tensor([1]), list: [tensor([2]), { c: tensor([3]) }] };
    const paths: string[] = [];
    const twice = mapTensors(tree, (x, path) => {
      paths.push(path);
      return x.mul(2);
    });
    expect(paths).toEqual(['h', 'list.0', 'list.1.c']);
    expect(tensorsOf(twice).map((x) => x.item())).toEqual([2, 4, 6]);
  });
});

describe('withParameterValues', () => {
  it('lets parameters have other values inside, also where calls nest, and gives the old ones back after an error', () => {
    const [p, q] = [new Parameter(tensor([1])), new Parameter(tensor([2]))];
    const read = (): readonly number[] => [p.value.item(), q.value.item()];
    const inner = (): readonly number[] => withParameterValues(new Map([[q, tensor([20])]]), read);
    expect(withParameterValues(new Map([[p, tensor([10])]]), () => [...read(), ...inner()])).toEqual([10, 2, 10, 20]);
    const fail = (): never => {
      throw new Error('stop');
    };
    expect(() => withParameterValues(new Map([[p, tensor([10])]]), fail)).toThrow('stop');
    expect(read()).toEqual([1, 2]);
  });

  it('refuses a value of another shape', () => {
    const p = new Parameter(tensor([1]));
    expect(() => withParameterValues(new Map([[p, tensor([1, 2])]]), () => 0)).toThrow("[2] can't stand for");
  });
});
