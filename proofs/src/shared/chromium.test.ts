import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inChromium } from './chromium.ts';

it('a browser that ended by itself, or never was, is closed without waiting for its end', async () => {
  // Node does not know the options, and ends.
  for (const command of [process.execPath, '/nowhere/chromium']) {
    const browser = inChromium(command, [])('about:blank', 'profile');
    await sleep(500);
    await expect(browser.close()).resolves.toBeUndefined();
  }
});
