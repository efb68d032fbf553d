import { cpu } from '@unroll/backend-cpu';
import { logSoftmax, parametersOf, getBackend, setBackend, tensor, zeros } from '@unroll/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untrained } from '../test/models.ts';
import { evaluate } from './evaluate.ts';

const backend = cpu();
const before = getBackend();
beforeAll(() => setBackend(backend));
afterAll(() => setBackend(before));

const text = 'abcabcaabbcc'.repeat(40);

describe('evaluate', () => {
  it('gives log V for a model that knows nothing', async () => {
    const characterModel = untrained(text);
    for (const parameter of parametersOf(characterModel.model)) parameter.value = zeros(parameter.value.shape);
    const tokens = characterModel.vocabulary.encode(text);
    const { natsPerCharacter, characters } = await evaluate({ ...characterModel, tokens });
    expect(natsPerCharacter).toBeCloseTo(Math.log(4), 5);
    expect(characters).toBe(text.length - 1);
  });

  it('carries the state through the whole text', async () => {
    const characterModel = untrained(text, { cell: 'lstm', layers: 2 });
    const tokens = characterModel.vocabulary.encode(text);
    const [logits] = characterModel.model.forward(tensor(tokens.subarray(0, -1), { shape: [1, tokens.length - 1] }));
    const logs = logSoftmax(logits).dataSync();
    const size = characterModel.vocabulary.size;
    let total = 0;
    for (let t = 0; t + 1 < tokens.length; t++) total -= logs[t * size + tokens[t + 1]!]!;
    const { natsPerCharacter } = await evaluate({ ...characterModel, tokens });
    expect(natsPerCharacter).toBeCloseTo(total / (tokens.length - 1), 4);
  });

  it('is nearly the same in several streams', async () => {
    const characterModel = untrained(text);
    const tokens = characterModel.vocabulary.encode(text);
    const one = await evaluate({ ...characterModel, tokens });
    const four = await evaluate({ ...characterModel, tokens, streams: 4 });
    expect(four.natsPerCharacter).toBeCloseTo(one.natsPerCharacter, 2);
  });

  it('reads unknown characters and does not count them', async () => {
    const characterModel = untrained('abc');
    const tokens = characterModel.vocabulary.encode('aaΩbΩc');
    const { natsPerCharacter, characters } = await evaluate({ ...characterModel, tokens });
    expect(characters).toBe(3);
    expect(natsPerCharacter).toBeGreaterThan(0);
    await expect(evaluate({ ...characterModel, tokens: characterModel.vocabulary.encode('aΩΩ') })).rejects.toThrow(
      'knows none of the characters',
    );
  });

  it('stops when it is told to, with the reason', async () => {
    const characterModel = untrained(text);
    const tokens = characterModel.vocabulary.encode(text);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(evaluate({ ...characterModel, tokens, signal })).rejects.toThrow('enough');
  });

  it('frees what it makes', async () => {
    const characterModel = untrained(text);
    const tokens = characterModel.vocabulary.encode(text);
    const { buffers, liveBytes } = backend.memory();
    await evaluate({ ...characterModel, tokens });
    expect(backend.memory()).toMatchObject({ buffers, liveBytes });
  });
});
