import { writeFileAtomic } from '@unroll/io/node';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { count } from '../report/format.ts';
import { quote } from '../terminal.ts';
import { makeFolder } from './make-folder.ts';
import { OutputError, isSystemError, systemReason } from './output-error.ts';

export interface RunFilesOptions {
  readonly folder: string;
  /** What the folder holds of the run: the step of each file. Default: nothing. */
  readonly saved?: ReadonlyMap<string, number>;
  /** Is told of trouble. */
  readonly say: (message: string) => void;
  /** Milliseconds between tries at the end of a run. Default 5000. */
  readonly pause?: number;
  /** How many of them. Default 60: five minutes. */
  readonly tries?: number;
}

interface Unsaved {
  readonly bytes: Uint8Array;
  readonly step: number;
}

/**
 * The files of a run. What can't be written, as on a full disk, ends no training: it is kept in memory, and tried again with whatever is written
 * next, and at the end of the run.
 */
export class RunFiles {
  readonly #folder: string;
  readonly #say: (message: string) => void;
  readonly #pause: number;
  readonly #tries: number;
  readonly #saved: Map<string, number>;
  readonly #unsaved: Map<string, Unsaved> = new Map();

  constructor({ folder, saved = new Map(), say, pause = 5000, tries = 60 }: RunFilesOptions) {
    this.#folder = folder;
    this.#say = say;
    this.#pause = pause;
    this.#tries = tries;
    this.#saved = new Map(saved);
  }

  /** Whether the folder holds anything of the run. */
  get isSaved(): boolean {
    return this.#saved.size > 0;
  }

  /** Writes a file, whole or not at all, and what is left of earlier ones. */
  async write(file: string, bytes: Uint8Array, step: number): Promise<void> {
    const wasWell = this.#unsaved.size === 0;
    this.#unsaved.set(file, { bytes, step });
    const failure = await this.#tryAll();
    if (failure && wasWell) {
      const again = 'The run goes on, and it is tried again with the next checkpoint.';
      this.#say(`step ${count(step)}: ${this.#failed(failure)} ${again}`);
    } else if (!failure && !wasWell) {
      this.#say(`step ${count(step)}: what could not be written is saved.`);
    }
  }

  /**
   * Writes what is left, and waits for room if there is none. The signal ends the waiting.
   * @throws OutputError telling what is saved, and how to go on
   */
  async finish(signal?: AbortSignal): Promise<void> {
    if (this.#unsaved.size === 0) return;
    let failure = await this.#tryAll();
    if (failure)
      this.#say(`${this.#failed(failure)} The run has ended: it is tried again for a while, so make room now.`);
    for (let i = 0; failure && i < this.#tries; i++) {
      // A signal that ended the run does not end this too.
      await pause(this.#pause, undefined, signal?.aborted === true ? {} : { signal }).catch(() => (i = this.#tries));
      failure = await this.#tryAll();
    }
    if (!failure) {
      this.#say('What could not be written is saved.');
      return;
    }
    const found = Array.from(this.#saved, ([file, step]) => `${file} of step ${count(step)}`);
    const rest =
      found.length === 0
        ? 'Nothing of the run is there. Make room, and begin again.'
        : `There is ${found.join(' and ')}. Make room, and go on with --resume ${quote(this.#folder)}.`;
    throw new OutputError(`${this.#failed(failure)} ${rest}`, { cause: failure });
  }

  /** The first that fails. */
  async #tryAll(): Promise<Error | undefined> {
    let failure: Error | undefined;
    for (const [file, { bytes, step }] of this.#unsaved) {
      try {
        await makeFolder(this.#folder);
        await writeFileAtomic(join(this.#folder, file), bytes);
        this.#unsaved.delete(file);
        this.#saved.set(file, step);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        failure ??= error;
      }
    }
    return failure;
  }

  #failed(failure: Error): string {
    const bytes = Array.from(this.#unsaved.values(), (each) => each.bytes.length).reduce((sum, each) => sum + each, 0);
    const what = `${[...this.#unsaved.keys()].join(' and ')} (${size(bytes)})`;
    return `${what} can't be written to ${this.#folder}: ${systemReason(failure)}.`;
  }
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
