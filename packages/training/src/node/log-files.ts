import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { jsonLinesLog } from '../logs/json-lines.ts';
import { tensorBoardLog } from '../logs/tensorboard/tensorboard-log.ts';
import type { EventLog } from '../logs/event-log.ts';

/**
 * Appends each event as a line of JSON to a file, which is made, with its folder, when the first comes. A resumed run goes on in the same
 * file: steps that it takes again stand in it twice, the later line is what counts.
 */
export function jsonLinesFile(path: string): EventLog {
  const file = appended(path);
  return { ...jsonLinesLog(file.append), close: file.close };
}

/**
 * Writes an event file for TensorBoard into a folder: `tensorboard --logdir <folder>` shows it, and a resumed run's file beside it as one run.
 */
export function tensorBoardFolder(folder: string): EventLog {
  const seconds = Math.floor(Date.now() / 1000);
  const file = appended(join(folder, `events.out.tfevents.${seconds}.${hostname()}.${randomUUID()}`));
  return { ...tensorBoardLog(file.append), close: file.close };
}

interface AppendedFile {
  readonly append: (data: string | Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
}

function appended(path: string): AppendedFile {
  let file: FileHandle | undefined;
  return {
    async append(data) {
      if (!file) {
        await mkdir(dirname(path), { recursive: true });
        file = await open(path, 'a');
      }
      await file.appendFile(data);
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}
