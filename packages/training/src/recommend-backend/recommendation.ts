import { UnrollError } from '@unroll/backend';

/** What was measured of one candidate; times in milliseconds. */
export interface BackendCalibration {
  /** As the caller named it. */
  readonly name: string;
  /** One training step, its loss read: the median of `steps`. Missing if the candidate failed, or was never reached. */
  readonly stepMilliseconds?: number;
  /** How many steps were measured, after those that warm up. */
  readonly steps: number;
  /** Making the backend. */
  readonly startMilliseconds?: number;
  /** What the first steps took beyond later ones: kernels were compiled, memory was fetched. */
  readonly compileMilliseconds?: number;
  /** Why there are no figures. */
  readonly error?: string;
  /** Why the backend, which was made for the calibration, could not be disposed of: it may still hold threads or a device. */
  readonly disposeError?: string;
}

/** A choice, as plain data: it survives JSON. */
export interface BackendRecommendation {
  /** The name of the candidate that was chosen. */
  readonly chosen: string;
  /** In the caller's order. */
  readonly calibrations: readonly BackendCalibration[];
  /** How many steps the run is meant to take, if that was said: then start and compiling count too. */
  readonly plannedSteps?: number;
}

/** Below this difference the caller's order decides: so much two measurements of the same thing differ. */
const SAME = 1.1;

/**
 * The candidate whose run takes the least time.
 * @throws UnrollError NOT_AVAILABLE with every reason, if none has figures
 */
export function choose(calibrations: readonly BackendCalibration[], plannedSteps: number | undefined): string {
  const measured = calibrations.filter(({ stepMilliseconds }) => stepMilliseconds !== undefined);
  if (measured.length === 0) {
    const reasons = calibrations.map(({ name, error }) => `${name}: ${error ?? 'not measured'}`).join('; ');
    throw new UnrollError('NOT_AVAILABLE', `recommendBackend: no candidate took a step. ${reasons}`);
  }
  const least = Math.min(...measured.map((each) => costOf(each, plannedSteps)));
  return measured.find((each) => costOf(each, plannedSteps) <= SAME * least)!.name;
}

/** The choice and its reasons in words, a line for each candidate. */
export function explainRecommendation({ chosen, calibrations, plannedSteps }: BackendRecommendation): string {
  const best = calibrations.find(({ name }) => name === chosen);
  const lines = calibrations.map((each) => {
    const { name, stepMilliseconds, steps, startMilliseconds = 0, compileMilliseconds = 0, error, disposeError } = each;
    const held = disposeError === undefined ? '' : `; could not be disposed of: ${disposeError}`;
    if (stepMilliseconds === undefined) return `- ${name}: ${error ?? 'not measured'}${held}`;
    const times =
      best?.stepMilliseconds === undefined ? '' : ` (${(stepMilliseconds / best.stepMilliseconds).toFixed(2)} ×)`;
    return (
      `- ${name}: ${inWords(stepMilliseconds)} a step${name === chosen ? '' : times}, median of ${steps}; ` +
      `${inWords(startMilliseconds)} to start, ${inWords(compileMilliseconds)} to compile` +
      (plannedSteps === undefined ? '' : `; ${inWords(costOf(each, plannedSteps))} for ${plannedSteps} steps`) +
      held
    );
  });
  return [`${chosen}: ${reason(chosen, calibrations, plannedSteps)}`, ...lines].join('\n');
}

function reason(chosen: string, calibrations: readonly BackendCalibration[], plannedSteps: number | undefined): string {
  const measured = calibrations.filter(({ stepMilliseconds }) => stepMilliseconds !== undefined);
  if (measured.length < 2) return 'the only candidate with figures.';
  const quickest = measured.reduce((a, b) => (costOf(b, plannedSteps) < costOf(a, plannedSteps) ? b : a));
  if (quickest.name !== chosen)
    return `as fast as ${quickest.name} within ${Math.round(100 * (SAME - 1))} %, and named before it.`;
  return plannedSteps === undefined
    ? 'the least time for a training step.'
    : `the least time for ${plannedSteps} training steps, start and compiling included.`;
}

function costOf(
  { stepMilliseconds = Infinity, startMilliseconds = 0, compileMilliseconds = 0 }: BackendCalibration,
  plannedSteps: number | undefined,
): number {
  return plannedSteps === undefined
    ? stepMilliseconds
    : startMilliseconds + compileMilliseconds + plannedSteps * stepMilliseconds;
}

function inWords(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(2)} ms`;
}
