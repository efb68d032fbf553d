// What really runs, for whoever reads the log.
import { expect, it } from 'vitest';
import { missing, mode, theBackend } from './setting.ts';

it(`${mode}: has its device, or says why not`, async ({ task }) => {
  if (missing !== undefined) {
    console.log(`GPU: ${mode} is skipped: ${missing}`);
    task.meta.gpu = { what: 'missing', mode, reason: missing };
    expect(missing).not.toBe('');
    return;
  }
  const backend = await theBackend();
  expect(backend.mode).toBe(mode);
  console.log(`GPU: ${mode} runs on ${backend.device}`);
  task.meta.gpu = { what: 'device', mode, device: backend.device };
});
