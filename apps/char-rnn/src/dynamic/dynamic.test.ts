import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parametersOf, tensor } from '@unroll/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { evaluate } from '../evaluate.ts';
import { encodeCharRnn } from '../model-file.ts';
import { evaluateDynamically } from './evaluate-dynamically.ts';
import { type DynamicRule, GradientRule, RmsRule } from './rules.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-dynamic-'));
afterAll(() => rmSync(root, { recursive: true }));

const float64 = (values: readonly number[]) => tensor(values, { dtype: 'float64' });
const numbers = (tensors: readonly { dataSync(): ArrayLike<number> }[]): number[][] =>
  tensors.map((each) => Array.from(each.dataSync()));

const characterModel = untrained(SENTENCE, { layers: 2, cell: 'lstm' });
const repetitive = characterModel.vocabulary.encode(SENTENCE.repeat(30));
const rules: readonly (readonly [string, () => DynamicRule])[] = [
  ['GradientRule', () => new GradientRule({ learningRate: 0.5 })],
  ['GradientRule with decay', () => new GradientRule({ learningRate: 0.5, decay: 0.01 })],
  ['RmsRule', () => new RmsRule({ learningRate: 0.005 })],
  ['RmsRule with decay', () => new RmsRule({ learningRate: 0.005, decay: 0.001 })],
];

describe.each(rules)('dynamic evaluation by %s', (_, rule) => {
  it('foretells a text that repeats itself better than the model alone, which stays as it is', async () => {
    const before = numbers(parametersOf(characterModel.model).map(({ value }) => value));
    const alone = await evaluate({ ...characterModel, tokens: repetitive });
    const dynamic = await evaluateDynamically({ ...characterModel, tokens: repetitive, rule: rule() });
    expect(dynamic.characters).toBe(alone.characters);
    expect(dynamic.natsPerCharacter).toBeLessThan(0.95 * alone.natsPerCharacter);
    expect(numbers(parametersOf(characterModel.model).map(({ value }) => value))).toEqual(before);
    expect((await evaluate({ ...characterModel, tokens: repetitive })).natsPerCharacter).toBe(alone.natsPerCharacter);
  });
});

describe('dynamic evaluation', () => {
  it('that learns next to nothing is evaluation; unknown characters are not counted', async () => {
    const tokens = characterModel.vocabulary.encode(`${SENTENCE}ä?ö${SENTENCE}`);
    for (const streams of [1, 3]) {
      const alone = await evaluate({ ...characterModel, tokens, streams });
      const rule = new GradientRule({ learningRate: 1e-12 });
      const dynamic = await evaluateDynamically({ ...characterModel, tokens, streams, rule, time: 7 });
      expect(dynamic.characters).toBe(alone.characters);
      expect(dynamic.natsPerCharacter).toBeCloseTo(alone.natsPerCharacter, 5);
    }
  });

  it('judges before it learns: the first segment is as without', async () => {
    const tokens = repetitive.subarray(0, 21);
    const alone = await evaluate({ ...characterModel, tokens });
    const rule = new GradientRule({ learningRate: 5 });
    const dynamic = await evaluateDynamically({ ...characterModel, tokens, rule, time: 20 });
    expect(dynamic.natsPerCharacter).toBeCloseTo(alone.natsPerCharacter, 5);
  });

  it('is stopped by a signal', async () => {
    const rule = new GradientRule({ learningRate: 1 });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(evaluateDynamically({ ...characterModel, tokens: repetitive, rule, signal })).rejects.toThrow(
      'enough',
    );
  });
});

describe('the rules', () => {
  const [weights, gradients, trained] = [
    [1, 2],
    [0.5, -4],
    [2, 0],
  ].map((values) => [float64(values)]) as [
    [ReturnType<typeof float64>],
    [ReturnType<typeof float64>],
    [ReturnType<typeof float64>],
  ];

  it('are θ − η ∇L + λ (θ_g − θ)', () => {
    const rule = new GradientRule({ learningRate: 0.1, decay: 0.25 });
    expect(numbers(rule.next(weights, gradients, trained))[0]).toEqual([1 - 0.05 + 0.25, 2 + 0.4 - 0.5]);
  });

  it('are θ − η ∇L / (√MS + ε) + λ r (θ_g − θ), with the mean square of all gradients so far', () => {
    const rule = new RmsRule({ learningRate: 0.1, decay: 0.25 });
    rule.next(weights, [float64([0, 0])], trained);
    const [next] = numbers(rule.next(weights, gradients, trained));
    const roots = [Math.sqrt(0.5 ** 2 / 2), Math.sqrt(4 ** 2 / 2)] as const;
    const usual = (roots[0] + roots[1]) / 2 + 1e-3;
    expect(next![0]).toBeCloseTo(1 - 0.05 / (roots[0] + 1e-3) + 0.25 * (roots[0] / usual), 10);
    expect(next![1]).toBeCloseTo(2 + 0.4 / (roots[1] + 1e-3) - 2 * 0.25 * (roots[1] / usual), 10);
  });

  it('refuse rates out of range', () => {
    for (const options of [{ learningRate: 0 }, { learningRate: NaN }, { learningRate: 1, decay: 2 }]) {
      expect(() => new GradientRule(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(() => new RmsRule(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

describe('eval --dynamic', () => {
  it('lowers the loss on a text that repeats itself, and says what it did', async () => {
    const [model, text] = [join(root, 'model.safetensors'), join(root, 'text.txt')];
    writeFileSync(model, await encodeCharRnn(characterModel));
    writeFileSync(text, SENTENCE.repeat(20));
    const nats = ({ out }: { readonly out: string }): number => Number(/nats per character +([\d.]+)/.exec(out)?.[1]);
    const alone = nats(await run('eval', text, '--model', model));
    for (const rule of ['sgd', 'rms']) {
      const rate = rule === 'sgd' ? '0.5' : '0.01';
      const dynamic = await run('eval', text, '--model', model, '--dynamic', rule, '--dynamic-rate', rate);
      expect(nats(dynamic)).toBeLessThan(0.95 * alone);
      expect(dynamic.out).toContain(`dynamic evaluation   ${rule}, rate ${rate}`);
    }
    expect((await run('eval', text, '--model', model, '--dynamic', 'adam')).err).toContain('give sgd or rms');
  });
});
