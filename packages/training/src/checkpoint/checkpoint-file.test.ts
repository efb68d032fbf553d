import { decodeSafetensors, encodeSafetensors } from '@unroll/io';
import { Rng, type Tensor, type TensorTree, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disposeCarry, loadCarry, ownCarry, saveCarry } from './carry.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts';
import type { Checkpoint } from './checkpoint.ts';

const entry = { dtype: 'F32', shape: [2], data: Float32Array.of(0.1, -0) } as const;
const checkpoint: Checkpoint = {
  step: 12,
  model: new Map([['layer.weight', entry]]),
  metadata: new Map([['vocabulary', '{"tokens":["ä","\\n"]}']]),
  validation: { lastStep: 10, bestLoss: 0.1 + 0.2, bestStep: 5, reference: 1 / 3, waited: 1 },
  optimizer: {
    optimizer: 'Adam',
    stepsTaken: 12,
    tensors: { '0.firstMoment': { shape: [1], data: Float64Array.of(Math.PI) } },
  },
  average: { updates: 12, tensors: { '0': { shape: [2], data: Float32Array.of(0.1, -0) } } },
  firstLoss: 1 / 7,
  losses: { sum: 2 / 7, steps: 3 },
  schedule: { learningRate: 1e-3, badObservations: 0, cooldownLeft: 2 },
  source: { position: 3 },
  rng: new Rng(1).state(),
  carry: { layout: [{ h: '0.h' }], tensors: new Map([['0.h', entry]]) },
};

describe('a checkpoint file', () => {
  it('holds every bit', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it('leaves out what there is none of', () => {
    const nothing = {
      validation: undefined,
      average: undefined,
      firstLoss: undefined,
      losses: undefined,
      schedule: undefined,
    };
    const without = { ...checkpoint, ...nothing, carry: undefined };
    expect(decodeCheckpoint(encodeCheckpoint(without))).toStrictEqual(without);
  });

  it('is a safetensors file whose names say what is what', () => {
    const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpoint));
    expect([...tensors.keys()].toSorted()).toEqual([
      'average.0',
      'carry.0.h',
      'model.layer.weight',
      'optimizer.0.firstMoment',
    ]);
    expect([...metadata.keys()].toSorted()).toEqual(['format', 'format_version', 'training', 'vocabulary']);
  });

  it('refuses metadata under its own keys', () => {
    const metadata = new Map([['training', '']]);
    expect(() => encodeCheckpoint({ ...checkpoint, metadata })).toThrow(/the metadata key training is used/);
  });

  it('that is cut off or changed anywhere in its header is refused with an error of its own', () => {
    const bytes = encodeCheckpoint(checkpoint);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(
          expect.objectContaining({ code: 'INVALID_FILE' }),
        );
      }),
    );
  });

  it.each<[string, string, RegExp]>([
    ['format', 'unroll', /format unroll instead of unroll-checkpoint.*decodeModel/],
    ['format_version', '2', /format version 2; this release reads 1/],
    ['training', '{', /the entry training is not JSON/],
    ['training', '{}', /checkpoint\.step: /],
    ['training', JSON.stringify({ ...training(), step: -1 }), /checkpoint\.step: .*>=0/],
    ['training', JSON.stringify({ ...training(), rng: [1, 2, 3] }), /checkpoint\.rng: /],
    ['training', JSON.stringify({ ...training(), rng: [0, 0, 0, 0] }), /checkpoint\.rng: all four words are 0/],
    ['training', JSON.stringify({ ...training(), source: undefined }), /checkpoint\.source: is missing|"source"/],
    [
      'training',
      JSON.stringify({ ...training(), optimizer: { optimizer: 'Adam' } }),
      /checkpoint\.optimizer\.stepsTaken/,
    ],
    ['training', JSON.stringify({ ...training(), validation: { lastStep: 1 } }), /checkpoint\.validation\.bestLoss/],
    ['training', JSON.stringify({ ...training(), carry: [5] }), /checkpoint\.carry/],
  ])('whose metadata entry %s is %s is refused by name', (key, value, message) => {
    const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpoint));
    const bytes = encodeSafetensors(tensors, new Map([...metadata, [key, value]]));
    expect(() => decodeCheckpoint(bytes)).toThrow(message);
    expect(() => decodeCheckpoint(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
  });
});

describe('a carried state', () => {
  const leaf = fc.array(fc.float({ noNaN: true }), { maxLength: 4 }).map((numbers) => Float32Array.from(numbers));
  const { tree } = fc.letrec<{ tree: unknown; leaf: Float32Array }>((tie) => ({
    leaf,
    tree: fc.oneof(
      { maxDepth: 3 },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('tree'), { maxKeys: 3 }),
    ),
  }));

  it('of any structure comes back with its structure and its bits', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (plain) => {
        const carry = toTensors(plain);
        const saved = await saveCarry(carry);
        const file = decodeCheckpoint(encodeCheckpoint({ ...checkpoint, carry: saved }));
        expect(toPlain(loadCarry(file.carry!))).toEqual(plain);
      }),
    );
  });

  it('is made of handles of its own', () => {
    const x = tensor([1, 2]);
    const owned = ownCarry({ one: x, two: x });
    x.dispose();
    expect(toPlain(owned)).toEqual({ one: Float32Array.of(1, 2), two: Float32Array.of(1, 2) });
    disposeCarry(owned);
    expect([owned.one.isDisposed, owned.two.isDisposed]).toEqual([true, true]);
  });

  it('with two leaves of one name is refused', async () => {
    const x = tensor(1);
    await expect(saveCarry({ 'a.b': x, a: { b: x } })).rejects.toThrow(/named a\.b/);
  });

  it('names the tensor that a damaged file lacks', () => {
    expect(() => loadCarry({ layout: { h: 'h' }, tensors: new Map() })).toThrow(/the tensor h is missing/);
  });
});

function training(): Record<string, unknown> {
  const { metadata } = decodeSafetensors(encodeCheckpoint(checkpoint));
  return JSON.parse(metadata.get('training')!) as Record<string, unknown>;
}

function toTensors(plain: unknown): TensorTree {
  if (plain instanceof Float32Array) return tensor(plain);
  if (Array.isArray(plain)) return plain.map(toTensors);
  return Object.fromEntries(Object.entries(plain as object).map(([key, value]) => [key, toTensors(value)]));
}

function toPlain(tree: TensorTree): unknown {
  if ('dataSync' in tree && typeof tree.dataSync === 'function') return (tree as Tensor).dataSync();
  if (Array.isArray(tree)) return tree.map(toPlain);
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, toPlain(value as TensorTree)]));
}
