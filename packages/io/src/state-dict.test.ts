import {
  type Backend,
  Parameter,
  castParameters,
  getBackend,
  namedParameters,
  scope,
  tensor,
  zeros,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  type SafetensorsTensor,
  StateMismatchError,
  decodeSafetensors,
  encodeSafetensors,
  loadStateDict,
  stateDict,
  stateDictSync,
} from './index.ts';

class Layer {
  readonly weight: Parameter;
  readonly bias: Parameter;
  constructor(start: number) {
    this.weight = new Parameter(
      tensor([
        [start, start + 1, start + 2],
        [start + 3, start + 4, start + 5],
      ]),
    );
    this.bias = new Parameter(tensor([start + 6, start + 7]));
  }
}
class Model {
  readonly encoder: Layer;
  readonly layers: readonly Layer[];
  readonly note = 'no parameter';
  constructor(start = 0) {
    this.encoder = new Layer(start);
    this.layers = [new Layer(start + 10), new Layer(start + 20)];
  }
}
const values = (model: object): [string, number[]][] =>
  namedParameters(model).map(([name, { value }]) => [name, [...value.dataSync()]]);
const names = [
  'encoder.weight',
  'encoder.bias',
  'layers.0.weight',
  'layers.0.bias',
  'layers.1.weight',
  'layers.1.bias',
];
const f32 = (shape: number[], ...data: number[]): SafetensorsTensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});

describe('stateDict', () => {
  it('holds every parameter under its path, with shape, dtype and a copy of the values', async () => {
    const model = new Model();
    const state = await stateDict(model);
    expect([...state.keys()]).toEqual(names);
    expect(state.get('encoder.weight')).toEqual(f32([2, 3], 0, 1, 2, 3, 4, 5));
    state.get('encoder.bias')!.data[0] = 99;
    expect(values(model)[1]).toEqual(['encoder.bias', [6, 7]]);
    expect(stateDictSync(new Model())).toEqual(await stateDict(new Model()));
  });

  it('holds the values of the moment of the call, also if a step follows at once', async () => {
    const model = new Model();
    const reading = stateDict(model);
    for (const [, parameter] of namedParameters(model)) parameter.value = zeros(parameter.value.shape);
    expect((await reading).get('layers.1.bias')!.data).toEqual(Float32Array.of(26, 27));
  });

  it('keeps float64', async () => {
    const state = await stateDict(castParameters(new Model(), 'float64'));
    expect(state.get('encoder.bias')).toEqual({ dtype: 'F64', shape: [2], data: Float64Array.of(6, 7) });
  });

  it('waits where a device can only be read asynchronously; the synchronous form says so', async () => {
    const backend: Backend = { ...getBackend() };
    Reflect.deleteProperty(backend, 'downloadSync');
    const model = { weight: new Parameter(tensor([1, 2], { backend })) };
    expect((await stateDict(model)).get('weight')).toEqual(f32([2], 1, 2));
    expect(() => stateDictSync(model)).toThrow(expect.objectContaining({ code: 'NOT_SYNCHRONOUS' }));
  });

  it('lists tied parameters once, under the first name', async () => {
    const layer = new Layer(0);
    expect([...(await stateDict({ embedding: layer, output: layer })).keys()]).toEqual([
      'embedding.weight',
      'embedding.bias',
    ]);
  });

  it('of no model is refused', async () => {
    // @ts-expect-error what JavaScript users may forget
    await expect(stateDict()).rejects.toThrow('stateDict: model is missing');
    // @ts-expect-error what JavaScript users may forget
    expect(() => stateDictSync()).toThrow('stateDictSync: model is missing');
  });

  it('refuses two parameters with one path', async () => {
    const model = { 'a.weight': new Parameter(zeros([1])), a: { weight: new Parameter(zeros([1])) } };
    await expect(stateDict(model)).rejects.toThrow(/named a\.weight.*Rename/);
  });
});

describe('loadStateDict', () => {
  it('gives another model the same values, through a file', async () => {
    const bytes = encodeSafetensors(await stateDict(new Model(100)));
    const model = new Model();
    loadStateDict(model, decodeSafetensors(bytes).tensors);
    expect(values(model)).toEqual(values(new Model(100)));
  });

  it('takes a plain object, and any order of names', () => {
    const layer = new Layer(0);
    loadStateDict(layer, { bias: f32([2], 8, 9), weight: f32([2, 3], 1, 2, 3, 4, 5, 6) });
    expect(values(layer)).toEqual([
      ['weight', [1, 2, 3, 4, 5, 6]],
      ['bias', [8, 9]],
    ]);
  });

  it('converts between float32 and float64 to the dtype of the model', () => {
    const single = new Layer(0);
    loadStateDict(single, stateDictSync(castParameters(new Layer(0.1), 'float64')));
    expect(single.bias.value.dtype).toBe('float32');
    expect(single.bias.value.dataSync()).toEqual(Float32Array.of(6.1, 7.1));
    const double = castParameters(new Layer(0), 'float64');
    loadStateDict(double, stateDictSync(new Layer(0.5)));
    expect(double.bias.value.dataSync()).toEqual(Float64Array.of(6.5, 7.5));
  });

  it('reads 16-bit floats, which arrive as float32', () => {
    const layer = new Layer(0);
    const bytes = encodeSafetensors({
      weight: { dtype: 'BF16', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      bias: { dtype: 'F16', shape: [2], data: Float32Array.of(0.5, -0.25) },
    });
    loadStateDict(layer, decodeSafetensors(bytes).tensors);
    expect([...layer.bias.value.dataSync()]).toEqual([0.5, -0.25]);
  });

  it('sets tied parameters in all their places', () => {
    const layer = new Layer(0);
    const model = { embedding: layer, output: layer };
    loadStateDict(model, stateDictSync({ embedding: new Layer(50) }));
    expect(model.output.bias.value.dataSync()).toEqual(Float32Array.of(56, 57));
  });

  it('lists every mismatch of every kind in one error, and changes nothing', () => {
    const model = new Model();
    const before = values(model);
    const state = new Map(stateDictSync(new Model(100)));
    state.delete('encoder.bias');
    state.delete('layers.1.weight');
    state.set('decoder.weight', f32([1], 1));
    state.set('extra', f32([1], 1));
    state.set('encoder.weight', f32([3, 2], 0, 0, 0, 0, 0, 0));
    state.set('layers.0.bias', { dtype: 'I64', shape: [2], data: new BigInt64Array(2) });
    state.set('layers.1.bias', f32([2], 1, 2, 3));
    const error = caught(() => loadStateDict(model, state));
    expect(error.code).toBe('STATE_MISMATCH');
    expect(error.missing).toEqual(['encoder.bias', 'layers.1.weight']);
    expect(error.unexpected).toEqual(['decoder.weight', 'extra']);
    expect([...error.unfit]).toEqual([
      ['encoder.weight', 'shape [3, 2] in the file, [2, 3] in the model'],
      ['layers.0.bias', 'I64 in the file does not convert to float32 in the model'],
      ['layers.1.bias', '3 numbers do not fill its shape [2]'],
    ]);
    for (const name of [...error.missing, ...error.unexpected, ...error.unfit.keys()])
      expect(error.message).toContain(name);
    expect(values(model)).toEqual(before);
  });

  it('a mismatch of one kind alone is refused too', () => {
    const layer = new Layer(0);
    const { weight, bias } = { weight: f32([2, 3], 1, 2, 3, 4, 5, 6), bias: f32([2], 7, 8) };
    expect(caught(() => loadStateDict(layer, { weight })).missing).toEqual(['bias']);
    expect(caught(() => loadStateDict(layer, { weight, bias, extra: bias })).unexpected).toEqual(['extra']);
    expect([...caught(() => loadStateDict(layer, { weight, bias: weight })).unfit.keys()]).toEqual(['bias']);
    expect(values(layer)).toEqual(values(new Layer(0)));
  });

  it('rename maps foreign names, and drops entries that it maps to undefined', () => {
    const model = { rnn: new Layer(0) };
    const state = {
      'module.rnn.weight': f32([2, 3], 1, 2, 3, 4, 5, 6),
      'module.rnn.bias': f32([2], 7, 8),
      num_batches: f32([], 1),
    };
    loadStateDict(model, state, { rename: (name) => (name.startsWith('module.') ? name.slice(7) : undefined) });
    expect([...model.rnn.bias.value.dataSync()]).toEqual([7, 8]);
  });

  it('reports a renamed entry with both names, and one name for two entries', () => {
    const error = caught(() =>
      loadStateDict(
        { a: new Parameter(zeros([1])) },
        { x: f32([1], 1), y: f32([1], 2), z: f32([1], 3) },
        { rename: (name) => (name === 'z' ? 'b' : 'a') },
      ),
    );
    expect(error.unexpected).toEqual(['b (z in the file)']);
    expect([...error.unfit]).toEqual([['a', 'rename gives it to two entries']]);
    expect(error.missing).toEqual([]);
  });

  it('leaves no tensor behind but the new values, inside of a scope and outside', () => {
    const inner = getBackend();
    let live = 0;
    const backend: Backend = {
      ...inner,
      upload: (data, signature) => (live++, inner.upload(data, signature)),
      share: (buffer) => (live++, inner.share(buffer)),
      free: (buffer) => (live--, inner.free(buffer)),
    };
    const make = (): Parameter => new Parameter(tensor([0, 0], { backend }));
    const model = { a: make(), b: make() };
    const before = live;
    const state = { a: f32([2], 1, 2), b: f32([2], 3, 4) };
    loadStateDict(model, state);
    scope(() => loadStateDict(model, state));
    expect([before, live]).toEqual([2, 2]);
    expect(model.a.value.backend).toBe(backend);
    expect([...model.b.value.dataSync()]).toEqual([3, 4]);
  });
});

function caught(fn: () => void): StateMismatchError {
  try {
    fn();
  } catch (error) {
    if (error instanceof StateMismatchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
