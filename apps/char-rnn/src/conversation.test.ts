import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../test/models.ts';
import { Conversation, type ReplyOptions } from './conversation.ts';
import { generate } from './generate.ts';

const characterModel = untrained(SENTENCE, { layers: 2, cell: 'lstm' });

const talk = (seed = 1): Conversation => new Conversation({ ...characterModel, rng: new Rng(seed) });

async function reply(conversation: Conversation, options: Partial<ReplyOptions> = {}): Promise<string> {
  let text = '';
  for await (const character of conversation.write({ length: 20, ...options })) text += character;
  return text;
}

describe('Conversation', () => {
  it('goes on from all that was read and written, as if it were one text', async () => {
    const parts = talk();
    parts.read('the quick ');
    parts.read('brown fox');
    const first = await reply(parts, { temperature: 0 });
    parts.read(' jumps');
    const whole = talk();
    whole.read(`the quick brown fox${first} jumps`);
    expect(await reply(parts, { temperature: 0 })).toBe(await reply(whole, { temperature: 0 }));
  });

  it('writes what generate writes', async () => {
    for (const prime of ['the lazy', '']) {
      const conversation = talk();
      if (prime !== '') conversation.read(prime);
      let expected = '';
      const options = { temperature: 0.8, topK: 9, topP: 0.9, length: 30 };
      for await (const character of generate({ ...characterModel, prime, rng: new Rng(1), ...options })) {
        expected += character;
      }
      expect(await reply(conversation, options)).toBe(expected);
    }
  });

  it('remembers nothing after a reset', async () => {
    const conversation = talk();
    conversation.read('jumps over');
    await reply(conversation);
    conversation.reset();
    const fresh = talk();
    for (const each of [conversation, fresh]) each.read('dog');
    expect(await reply(conversation, { temperature: 0 })).toBe(await reply(fresh, { temperature: 0 }));
  });

  it('ends a reply before a text that ends it, at its length, or by the signal', async () => {
    const open = await reply(talk(), { length: 500 });
    const until = open[100]!;
    expect(await reply(talk(), { length: 500, until })).toBe(open.slice(0, open.indexOf(until)));
    expect(await reply(talk(), { length: 7 })).toBe(open.slice(0, 7));
    expect(await reply(talk(), { signal: AbortSignal.abort() })).toBe('');
  });

  it('reads texts longer than a stretch, and characters it does not know', async () => {
    const conversation = talk();
    conversation.read(`${SENTENCE.repeat(20)}ü`);
    expect(await reply(conversation)).toHaveLength(20);
    conversation.dispose();
  });
});
