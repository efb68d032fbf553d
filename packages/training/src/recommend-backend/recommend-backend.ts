import { valueAndGrad } from '@unroll/autograd';
import { type Backend, UnrollError, checkGiven } from '@unroll/backend';
import { Adam, type Optimizer, type OptimizerOptions } from '@unroll/optim';
import { Rng, type Tensor, keep, parametersOf, scope, withBackend } from '@unroll/tensor';
import { EventLoop } from '../event-loop.ts';
import { ParametersOnLoan } from './parameters-on-loan.ts';
import {
  type BackendCalibration,
  type BackendRecommendation,
  choose,
  explainRecommendation,
} from './recommendation.ts';

/** A backend, or how one is made; a failure to make it is a reason not to choose it. */
export type BackendCandidate = Backend | (() => Backend | Promise<Backend>);

export interface RecommendBackendOptions {
  /** By names of your own, the ones you would rather have first: of two that are equally fast the first is chosen. */
  readonly candidates: Readonly<Record<string, BackendCandidate>>;
  /** What is trained. Its parameters are moved to each candidate in turn; afterwards they are as before. */
  readonly model: object;
  /** The mean loss of a batch of the size you train with. Makes its tensors itself, from numbers on the host. */
  readonly loss: (context: { readonly rng: Rng }) => Tensor;
  /** What the loss draws from; a copy is used, so that it does not move. Default: seed 0. */
  readonly rng?: Rng;
  /** Default: Adam. */
  readonly optimizer?: (options: OptimizerOptions) => Optimizer;
  /** The most steps that are measured on each. Default 5. */
  readonly steps?: number;
  /** Milliseconds after which no further step is begun on a candidate; one that warms up and one that counts always are. Default 2000. */
  readonly budget?: number;
  /** How many steps your run will take: then making the backend and compiling count too. Default: only the steps count. */
  readonly plannedSteps?: number;
  /** A choice from before: nothing is measured, and only that backend is made. */
  readonly pinned?: BackendRecommendation;
  /** Ends the calibration between two steps. */
  readonly signal?: AbortSignal;
}

/** What came out. */
export interface RecommendedBackend {
  /** The one chosen: `setBackend(backend)`. Others that were made for this are disposed of. */
  readonly backend: Backend;
  /** Plain data, to be stored and given back as `pinned`. */
  readonly recommendation: BackendRecommendation;
  /** The choice and its reasons in words. */
  readonly explain: () => string;
}

const YIELD_MILLISECONDS = 50;
/** The first step compiles, the second meets the optimizer's state for the first time. */
const WARM_UP = 2;

/**
 * Takes some real training steps on each candidate, and chooses the one that trains this model on this machine in the least time. The
 * parameters, the `rng` and the active backend are afterwards as before, to the bit.
 * @throws UnrollError INVALID_ARGUMENT for options that can't be, or a pinned choice that is no candidate; NOT_AVAILABLE if none works;
 * the signal's reason if it fires
 */
export async function recommendBackend(options: RecommendBackendOptions): Promise<RecommendedBackend> {
  const { candidates, plannedSteps, pinned, signal } = options;
  const { model, loss } = options;
  checkGiven('recommendBackend', { candidates, model, loss });
  check(options);
  if (pinned) return remade(candidates, pinned);
  const made = new Map<string, Backend>();
  const calibrations: BackendCalibration[] = [];
  const loan = await ParametersOnLoan.take(parametersOf(options.model));
  const failures = new Map<string, string>();
  let chosen = '';
  try {
    for (const [name, candidate] of Object.entries(candidates)) {
      signal?.throwIfAborted();
      calibrations.push(await calibrate(options, loan, { name, candidate, made }));
    }
    chosen = choose(calibrations, plannedSteps);
  } finally {
    loan.giveBack();
    for (const [name, backend] of made) {
      if (backend === made.get(chosen) || typeof candidates[name] !== 'function') continue;
      // The others are to be disposed of all the same, and the one chosen is none the worse for it.
      await disposeOf(backend).catch((error: unknown) => failures.set(name, messageOf(error)));
    }
  }
  return recommended(made.get(chosen)!, {
    chosen,
    calibrations: calibrations.map((each) => {
      const disposeError = failures.get(each.name);
      return disposeError === undefined ? each : { ...each, disposeError };
    }),
    ...(plannedSteps !== undefined && { plannedSteps }),
  });
}

async function calibrate(
  options: RecommendBackendOptions,
  loan: ParametersOnLoan,
  {
    name,
    candidate,
    made,
  }: { readonly name: string; readonly candidate: BackendCandidate; readonly made: Map<string, Backend> },
): Promise<BackendCalibration> {
  const { signal, steps = 5, budget = 2000 } = options;
  const eventLoop = new EventLoop(YIELD_MILLISECONDS);
  const warm: number[] = [];
  const measured: number[] = [];
  let startMilliseconds: number;
  try {
    const start = performance.now();
    const backend = typeof candidate === 'function' ? await candidate() : candidate;
    startMilliseconds = performance.now() - start;
    made.set(name, backend);
    loan.moveTo(backend);
    const { step, dispose } = trainingStep(options, backend);
    try {
      const begun = performance.now();
      const isOver = (): boolean => performance.now() - begun > budget;
      while (measured.length < steps && !(isOver() && measured.length > 0)) {
        signal?.throwIfAborted();
        const before = performance.now();
        await step();
        const counts = warm.length >= (isOver() ? 1 : WARM_UP);
        (counts ? measured : warm).push(performance.now() - before);
        await eventLoop.giveWay();
      }
    } finally {
      dispose();
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    return { name, steps: 0, error: messageOf(error) };
  }
  const stepMilliseconds = middle(measured);
  const compileMilliseconds = warm.reduce((sum, time) => sum + Math.max(0, time - stepMilliseconds), 0);
  return { name, stepMilliseconds, steps: measured.length, startMilliseconds, compileMilliseconds };
}

/** A step of training on a backend, its loss read as a loop that shows progress does. */
function trainingStep(
  { model, loss, rng = new Rng(0), optimizer: make = (all) => new Adam(all) }: RecommendBackendOptions,
  backend: Backend,
): { readonly step: () => Promise<void>; readonly dispose: () => void } {
  const parameters = parametersOf(model);
  const optimizer = make({ parameters });
  const copy = Rng.fromState(rng.state());
  return {
    step: async () => {
      const value = withBackend(backend, () =>
        scope(() => {
          const { value: mean, grads } = valueAndGrad(() => loss({ rng: copy }), parameters);
          optimizer.step(grads);
          return keep(mean.detach());
        }),
      );
      await value.data().finally(() => value.dispose());
    },
    dispose: () => optimizer.dispose(),
  };
}

async function remade(
  candidates: Readonly<Record<string, BackendCandidate>>,
  pinned: BackendRecommendation,
): Promise<RecommendedBackend> {
  const candidate = candidates[pinned.chosen];
  if (!candidate || !Object.hasOwn(candidates, pinned.chosen)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `recommendBackend: the pinned choice is '${pinned.chosen}', the candidates are ${Object.keys(candidates).join(', ')}. ` +
        'Leave pinned out to measure again.',
    );
  }
  return recommended(typeof candidate === 'function' ? await candidate() : candidate, pinned);
}

function recommended(backend: Backend, recommendation: BackendRecommendation): RecommendedBackend {
  return { backend, recommendation, explain: () => explainRecommendation(recommendation) };
}

/** Some backends hold threads or a device. */
async function disposeOf(backend: Backend): Promise<void> {
  if ('dispose' in backend && typeof backend.dispose === 'function') await backend.dispose();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function middle(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

function check({ candidates, model, steps = 5, budget = 2000, plannedSteps = 1 }: RecommendBackendOptions): void {
  const refuse = (what: string): never => {
    throw new UnrollError('INVALID_ARGUMENT', `recommendBackend: ${what}`);
  };
  if (Object.keys(candidates).length === 0) refuse('there are no candidates. Give at least one backend.');
  if (parametersOf(model).length === 0) refuse('the model has no parameters, so that no step can be measured.');
  for (const [name, value] of Object.entries({ steps, plannedSteps })) {
    if (!Number.isSafeInteger(value) || value < 1) refuse(`${name} is ${value}; it must be an integer from 1 on.`);
  }
  if (!(budget > 0)) refuse(`budget is ${budget}; it must be above 0 milliseconds.`);
}
