import { LanguageModelCell } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import {
  GruCell,
  LayerNormLstmCell,
  LstmCell,
  MinimalGatedCell,
  PeepholeLstmCell,
  type RecurrentCell,
  Residual,
  StackedCells,
  Stream,
  VanillaCell,
} from '@unroll/cells';
import { decodeSafetensors } from '@unroll/io';
import { Embedding, Linear } from '@unroll/layers';
import { load } from '@unroll/runtime';
import {
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  concat,
  mapTensors,
  namedParameters,
  setBackend,
  softmax,
  tensor,
  zeros,
} from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileModel } from './compile-model.ts';

setBackend(await wasm({ relaxedSimd: false }));

interface Sizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly rng: Rng;
}

const kinds: Readonly<Record<string, (sizes: Sizes) => RecurrentCell>> = {
  VanillaCell: (sizes) => new VanillaCell(sizes),
  LstmCell: (sizes) => new LstmCell(sizes),
  GruCell: (sizes) => new GruCell(sizes),
  PeepholeLstmCell: (sizes) => new PeepholeLstmCell(sizes),
  LayerNormLstmCell: (sizes) => new LayerNormLstmCell(sizes),
  MinimalGatedCell: (sizes) => new MinimalGatedCell(sizes),
  'a stack': ({ inputSize, hiddenSize, rng }) =>
    new StackedCells({
      cells: [
        new LstmCell({ inputSize, hiddenSize, rng }),
        new Residual({ cell: new GruCell({ inputSize: hiddenSize, hiddenSize, rng }) }),
      ],
    }),
  'a cell that looks at a memory': (sizes) => new Reader(sizes),
};

/** Softmax over a memory, a state that begins elsewhere than at 0, and a count of steps in int32. */
class Reader implements RecurrentCell<{ readonly h: Tensor; readonly count: Tensor }> {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly memory: Parameter;
  readonly first: Parameter;
  readonly w: Parameter;

  constructor({ inputSize, hiddenSize, rng }: Sizes) {
    this.inputSize = inputSize;
    this.outputSize = hiddenSize;
    this.memory = new Parameter(rng.normal([5, hiddenSize]));
    this.first = new Parameter(rng.normal([1, hiddenSize]));
    this.w = new Parameter(rng.normal([inputSize + hiddenSize, hiddenSize], { std: 0.3 }));
  }

  initialState(batch: number): { readonly h: Tensor; readonly count: Tensor } {
    const h = this.first.value.broadcastTo([batch, this.outputSize]);
    return { h, count: zeros([batch, 1], { dtype: 'int32' }) };
  }

  step(x: Tensor, { h, count }: { readonly h: Tensor; readonly count: Tensor }) {
    const scores = softmax(h.matmul(this.memory.value.transpose([1, 0])));
    const next = concat([x, scores.matmul(this.memory.value)], 1)
      .matmul(this.w.value)
      .tanh();
    return [next.add(count.cast('float32').mul(0.01)), { h: next, count: count.add(1) }] as const;
  }
}

function languageModel(seed = 1): LanguageModelCell {
  const rng = new Rng(seed);
  const cells = [
    new LstmCell({ inputSize: 6, hiddenSize: 20, rng }),
    new GruCell({ inputSize: 20, hiddenSize: 9, rng }),
  ];
  return new LanguageModelCell({
    embedding: new Embedding({ count: 13, size: 6, rng }),
    cell: new StackedCells({ cells }),
    output: new Linear({ inputSize: 9, outputSize: 13, rng }),
  });
}

/** The largest difference between the compiled step and `Stream`, over some steps, and between their last states. */
async function difference(cell: RecurrentCell, batch: number, inputs: readonly Tensor[]): Promise<number> {
  const dtype = inputs[0]!.dtype === 'int32' ? 'int32' : 'float32';
  const compiled = (await load(await compileModel({ cell, dtype, batches: [batch] }))).stream({ batch });
  const stream = new Stream({ cell, batch });
  let largest = 0;
  const compare = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
    expect(actual.length).toBe(expected.length);
    for (let i = 0; i < actual.length; i++) largest = Math.max(largest, Math.abs(actual[i]! - expected[i]!));
  };
  for (const x of inputs) compare(compiled.step(x.dataSync()), stream.step(x).dataSync());
  const { state } = compiled;
  mapTensors(stream.state, (leaf, path) => {
    compare(state[path || 'state']!, leaf.dataSync());
    return leaf;
  });
  stream.dispose();
  return largest;
}

describe('compileModel', () => {
  it.each(Object.keys(kinds))(
    'gives the bits of a stream on backend-wasm, of any size, alone and side by side: %s',
    async (kind) => {
      const size = fc.integer({ min: 1, max: 40 });
      await fc.assert(
        fc.asyncProperty(
          size,
          size,
          fc.constantFrom(1, 3),
          fc.integer(),
          async (inputSize, hiddenSize, batch, seed) => {
            const rng = new Rng(seed);
            const cell = kinds[kind]!({ inputSize, hiddenSize, rng });
            const inputs = Array.from({ length: 4 }, () => rng.normal([batch, inputSize]));
            expect(await difference(cell, batch, inputs)).toBe(0);
          },
        ),
        { numRuns: 6 },
      );
    },
  );

  it.each([1, 3])('gives the bits of a stream of tokens, %i side by side', async (batch) => {
    const inputs = Array.from({ length: 12 }, (_, t) =>
      tensor(
        Int32Array.from({ length: batch }, (_each, i) => (5 * t + 3 * i) % 13),
        { shape: [batch, 1] },
      ),
    );
    expect(await difference(languageModel(), batch, inputs)).toBe(0);
  });

  it('gives the same but for rounding with relaxed SIMD', async () => {
    const cell = languageModel();
    const steps = async (relaxedSimd: boolean) => {
      const stream = (await load(await compileModel({ cell, dtype: 'int32', relaxedSimd }))).stream();
      return [1, 5, 2].flatMap((token) => [...stream.step([token])]);
    };
    const [exact, relaxed] = [await steps(false), await steps(true)];
    for (const [i, y] of relaxed.entries()) expect(Math.abs(y - exact[i]!)).toBeLessThan(1e-5);
  });

  it('writes a file that any reader of safetensors reads: parameters by their names, and what was said', async () => {
    const cell = languageModel();
    const bytes = await compileModel({ cell, dtype: 'int32', batches: [1, 3], metadata: { letters: 'abc' } });
    const { tensors, metadata } = decodeSafetensors(bytes);
    const parameters = new Map(namedParameters(cell));
    expect(metadata.get('letters')).toBe('abc');
    const name = 'cell.cells.0.weight_hh';
    expect(tensors.get(name)).toMatchObject({
      dtype: 'F32',
      shape: [80, 20],
      data: parameters.get(name)!.value.dataSync(),
    });
    expect(tensors.get('module.3')).toMatchObject({ dtype: 'U8' });
    const model = await load(bytes);
    expect(model.batches).toEqual([1, 3]);
    expect(model.metadata).toEqual({ letters: 'abc' });
  });

  it('stores weights once for all batches, and the same model as the same bytes', async () => {
    const compile = (batches: readonly number[]) => compileModel({ cell: languageModel(), dtype: 'int32', batches });
    const [one, two, again] = [await compile([1]), await compile([1, 2]), await compile([1])];
    expect(again).toEqual(one);
    const weights = [...decodeSafetensors(two).tensors].filter(([, { dtype }]) => dtype === 'F32');
    expect(weights).toEqual([...decodeSafetensors(one).tensors].filter(([, { dtype }]) => dtype === 'F32'));
  });

  it('compiles the model as it stands, and leaves it alone', async () => {
    const cell = languageModel();
    const before = cell.output.bias!.value.dataSync().slice();
    const first = await compileModel({ cell, dtype: 'int32' });
    cell.output.bias!.value = cell.output.bias!.value.add(1);
    const second = await compileModel({ cell, dtype: 'int32' });
    const [old, current] = [(await load(first)).stream().step([1]), (await load(second)).stream().step([1])];
    expect(Math.abs(current[0]! - old[0]! - 1)).toBeLessThan(1e-6);
    expect(cell.output.bias!.value.dataSync()).toEqual(before.map((bias) => bias + 1));
  });

  it('says how a cell that reads tokens is compiled', async () => {
    const rng = new Rng(1);
    const cell = new LanguageModelCell({
      embedding: new Embedding({ count: 3, size: 2, rng }),
      cell: new GruCell({ inputSize: 2, hiddenSize: 2, rng }),
      output: new Linear({ inputSize: 2, outputSize: 3, rng }),
    });
    await expect(compileModel({ cell })).rejects.toThrow(
      /^compileModel: the cell can't read float32: .* Does it read tokens\? Compile it with dtype: 'int32'\.$/,
    );
    await expect(compileModel({ cell, dtype: 'int32' })).resolves.toBeInstanceOf(Uint8Array);
  });

  it('refuses what can’t be compiled, and says why', async () => {
    const rng = new Rng(1);
    const cell = new LstmCell({ inputSize: 2, hiddenSize: 3, rng });
    await expect(compileModel({ cell, batches: [] })).rejects.toThrow(/batches is empty/);
    await expect(compileModel({ cell, batches: [0] })).rejects.toThrow(/an integer from 1 on/);
    await expect(compileModel({ cell, metadata: { model: 'x' } })).rejects.toThrow(/key model is used by the format/);
    castParameters(cell, 'float64');
    await expect(compileModel({ cell })).rejects.toMatchObject({
      name: 'UnrollError',
      message: expect.not.stringContaining('tokens'),
    });
    const reads: RecurrentCell<Tensor> = {
      inputSize: 1,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, h) => (x.dataSync(), [h, h]),
    };
    await expect(compileModel({ cell: reads })).rejects.toThrow(/reads the elements/);
    const echo: RecurrentCell<Tensor> = { ...reads, step: (x, h) => [x, h] };
    await expect(compileModel({ cell: echo })).rejects.toThrow(/can’t be compiled/);
  });
});
