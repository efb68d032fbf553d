import type { Checkpoint } from '@unroll/training';
import type { Budget } from './budget.ts';
import type { Options } from './options/kinds.ts';
import { type Given, type Texts, namedAt, textsOf, toldAt } from './options/given.ts';
import { count } from './report/format.ts';
import { UsageError } from './usage-error.ts';

/** Which options of a training run belong where. */
export interface RunOptionKinds {
  readonly all: Options;
  /** What stays as it is through the whole run: a checkpoint would no longer fit. */
  readonly fixed: readonly string[];
  /** What belongs to one call and not to the run. */
  readonly call: readonly string[];
  /** What ends the run; a new limit takes the place of all old ones. */
  readonly limits: readonly string[];
  /** The limit where none is given. */
  readonly defaultLimit: Texts;
}

/** Every option of a new run, so that its checkpoints do not depend on the defaults of a later version. */
export function ownOptions(given: Given, { all, call, limits, defaultLimit }: RunOptionKinds): Texts {
  const own = Object.entries(all).flatMap(([name, { fallback }]) => {
    const text = given[name]?.text ?? fallback;
    return text === undefined || call.includes(name) ? [] : [[name, text] as const];
  });
  return { ...Object.fromEntries(own), ...(hasLimit(given, limits) ? {} : defaultLimit) };
}

/**
 * The options of a run that goes on.
 * @throws UsageError for one that can't change
 */
export function mergedOptions(saved: Texts, given: Given, { all, fixed, call, limits }: RunOptionKinds): Texts {
  for (const name of fixed) {
    const [was, is] = [saved[name] ?? all[name]?.fallback, given[name]?.text];
    if (is === undefined || is === was || Number(is) === Number(was)) continue;
    const { from } = given[name]!;
    const option = namedAt(from, name);
    const why =
      was === undefined
        ? `This run began without ${option}, and can't get it now.`
        : `${option} is ${was} in this run and can't become ${is}.`;
    throw new UsageError(toldAt(from, `${why} Leave it out, or begin a new run.`));
  }
  const own = Object.entries(textsOf(given)).filter(([name]) => !call.includes(name));
  const kept = Object.entries(saved).filter(([name]) => !hasLimit(given, limits) || !limits.includes(name));
  return Object.fromEntries([...kept, ...own]);
}

/** @throws UsageError if a run to go on with has had its whole time; `more` suggests options that give it more */
export function checkNotDone({ step }: Checkpoint, budget: Budget, more: string = `--steps ${step * 2}`): void {
  if (budget.steps !== undefined && step >= budget.steps) {
    throw new UsageError(
      `The run has taken ${count(step)} steps, and ${count(budget.steps)} are asked for. Give more: ${more}.`,
    );
  }
  if (budget.isTimeUp) {
    const minutes = Math.ceil(budget.elapsed / 60);
    throw new UsageError(
      `The run has had ${(budget.elapsed / 60).toFixed(1)} minutes, which is its whole time. Give more: --minutes ${minutes * 2}.`,
    );
  }
}

function hasLimit(given: Given, limits: readonly string[]): boolean {
  return limits.some((name) => given[name] !== undefined);
}
