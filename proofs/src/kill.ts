// Is nothing lost when a training process dies? Kills one with SIGKILL at random moments, 20 times, resumes it each time, and compares
// the final weights with those of a run that was left alone: pnpm proof:kill [--seed 1]
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { argumentsOf, integerOf } from './shared/arguments.ts';
import { Rng } from '@unroll/tensor';
import { start } from './shared/execute.ts';
import { machine } from './shared/machine.ts';
import { table, today, writeResults } from './shared/results.ts';
import { inTemporaryFolder } from './shared/temporary-folder.ts';

const KILLS = 20;
const STEPS = 600;
/** A process lives until it has taken up to so many steps, and up to so many milliseconds more. */
const MOST_STEPS = 40;
const MOST_MILLISECONDS = 60;
const child = fileURLToPath(new URL('kill/child.ts', import.meta.url));

/** What a process told. */
interface Life {
  readonly from: number;
  /** The last step that it took. */
  readonly step: number;
  /** Of the final weights, if it came to the end. */
  readonly weights: string | undefined;
}

const given = await argumentsOf({
  name: 'pnpm proof:kill',
  description:
    'Kills a training process at random moments, resumes it, and compares the final weights with those of one left alone.',
  options: { seed: 'Of the moments. Default: 1.' },
});
const seed = integerOf(given, 'seed', 1);
const rng = new Rng(seed);

await inTemporaryFolder('kill', async (folder) => {
  const undisturbed = await live(join(folder, 'undisturbed'));
  console.log(`left alone: ${STEPS} steps, weights ${undisturbed.weights}`);
  const checkpoints = join(folder, 'killed');
  const rows: string[][] = [];
  while (rows.length < KILLS) {
    // Every fifth dies while it starts.
    const steps = rng.integer(5) === 0 ? 0 : 1 + rng.integer(MOST_STEPS);
    const milliseconds = rng.integer(MOST_MILLISECONDS);
    const { from, step, weights } = await live(checkpoints, { steps, milliseconds });
    if (weights !== undefined) throw new Error('A process came to the end before it was killed. Give it more steps.');
    const leftOver = filesIn(checkpoints).filter((file) => file.endsWith('.tmp')).length;
    rows.push([String(rows.length + 1), String(from), String(step), String(leftOver)]);
    console.log(`killed ${rows.length}: resumed from step ${from}, died after step ${step}`);
  }
  const last = await live(checkpoints);
  console.log(`resumed from step ${last.from}, ${STEPS} steps, weights ${last.weights}`);
  const sameFiles = ['last', 'best'].every((name) => {
    const read = (run: string): Buffer => readFileSync(join(folder, run, `${name}.safetensors`));
    return read('killed').equals(read('undisturbed'));
  });
  if (last.weights === undefined || last.weights !== undisturbed.weights || !sameFiles) {
    throw new Error('The weights or checkpoints differ.');
  }
  console.log('ok: the same weights and the same checkpoints, to the bit');
  await report(rows, last);
});

/** One process, to its end or to a death. */
async function live(folder: string, death?: { readonly steps: number; readonly milliseconds: number }): Promise<Life> {
  const worker = start(process.execPath, [...process.execArgv, child, folder, String(STEPS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<number | null>((resolve) => worker.on('close', resolve));
  let from = 0;
  let step = 0;
  let taken = 0;
  let weights: string | undefined;
  let dying: Promise<void> | undefined;
  const die = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds);
    worker.kill('SIGKILL');
  };
  for await (const line of createInterface({ input: worker.stdout! })) {
    const [word, value = ''] = line.split(' ');
    if (word === 'from') from = step = Number(value);
    if (word === 'step') {
      step = Number(value);
      taken++;
    }
    if (word === 'weights') weights = value;
    if (death && taken >= death.steps) dying ??= die(death.milliseconds);
  }
  const code = await closed;
  if (dying === undefined && code !== 0) throw new Error(`A process ended with exit code ${code}.`);
  await dying;
  return { from, step, weights };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It died before the first checkpoint.
    return [];
  }
}

async function report(rows: readonly (readonly string[])[], last: Life): Promise<void> {
  const header = ['Kill', 'Resumed from step', 'Died after step', 'Temporary files left'];
  await writeResults('kill', [
    '# Is nothing lost when a training process dies?',
    `An LSTM is trained on backend-wasm with two threads for ${STEPS} steps with Adam, a plateau schedule, a random penalty in the loss, a carried state, validation, and a ` +
      `checkpoint in a folder every 3 steps. One process is left alone. Another is killed with SIGKILL at random moments, ${KILLS} times, ` +
      'while it starts, computes or writes, and each time a new process resumes from the latest checkpoint; every one of them has other ' +
      'random numbers at first, so that what a checkpoint forgets would show.',
    `${today()}, ${machine()}. Again: \`pnpm proof:kill\` (\`--seed 2\` for other moments).`,
    `The final weights of the process that was left alone, and of the last of the others, which resumed from step ${last.from}, have one ` +
      `SHA-256; the files \`last\` and \`best\` are the same byte for byte.`,
    `\`\`\`text\n${last.weights}\n\`\`\``,
    table(header, rows, header),
    'A temporary file is what a process was writing when it died; the checkpoint itself is replaced in one piece or not at all.',
  ]);
}
