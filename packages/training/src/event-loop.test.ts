import { describe, expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { collect } from '../test/collect.ts';
import { fit } from './index.ts';

describe('the event loop', () => {
  it('gets its turn while a run goes on', async () => {
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    const busy = (): void => {
      const end = performance.now() + 5;
      while (performance.now() < end);
    };
    const run = bowl({ steps: 30, yieldEvery: 10 });
    await collect(fit({ ...run, loss: () => (busy(), { loss: run.model.w.value.sum() }) }));
    clearInterval(timer);
    expect(fired).toBeGreaterThan(0);
  });

  it('hears an abort that comes from a timer', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const events = await collect(fit(bowl({ steps: 1e9, signal: controller.signal, yieldEvery: 1 })));
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'aborted' });
  });
});
