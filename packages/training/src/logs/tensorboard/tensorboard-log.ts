import type { FitEvent } from '../../events.ts';
import type { EventLog } from '../event-log.ts';
import { scalarsMessage, textMessage, versionMessage } from './event-message.ts';
import { tfRecord } from './record.ts';

/**
 * A log in TensorBoard's file format: gives the bytes of each event to `write`, to be appended to one file, whose name must contain
 * `tfevents`. Scalars `loss/train`, `loss/validation`, `gradient_norm`, `learning_rate`, `seconds_per_step` and `metrics/<name>`; samples and
 * alarms as texts.
 */
export function tensorBoardLog(write: (bytes: Uint8Array) => void | Promise<void>): EventLog {
  let isNew = true;
  return {
    async log(event) {
      const wallTime = Date.now() / 1000;
      const message = messageOf(event, wallTime);
      if (!message) return;
      if (isNew) {
        isNew = false;
        await write(tfRecord(versionMessage(wallTime)));
      }
      await write(tfRecord(message));
    },
  };
}

function messageOf(event: FitEvent, wallTime: number): Uint8Array | undefined {
  const moment = { wallTime, step: event.step };
  switch (event.type) {
    case 'step':
      return scalarsMessage(moment, [
        ['loss/train', event.loss],
        ['gradient_norm', event.gradientNorm],
        ['learning_rate', event.learningRate],
        ['seconds_per_step', event.seconds],
      ]);
    case 'validation':
      return scalarsMessage(moment, [
        ['loss/validation', event.loss],
        ...Object.entries(event.metrics ?? {}).map(([name, value]) => [`metrics/${name}`, value] as const),
      ]);
    case 'sample':
      return textMessage(moment, 'sample', event.text);
    case 'alarm':
      return textMessage(moment, 'alarm', event.message);
    case 'checkpoint':
    case 'done':
  }
  return undefined;
}
