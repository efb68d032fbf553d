import type { PlateauSchedule, Schedule } from '@unroll/optim';
import * as v from 'valibot';
import { checked, count } from './checked.ts';
import type { Json } from './json.ts';

const plateauSchema = v.strictObject({
  learningRate: v.number(),
  best: v.exactOptional(v.number()),
  badObservations: count,
  cooldownLeft: count,
});

type AnySchedule = Schedule | PlateauSchedule | undefined;

/** The rate of the next step; undefined leaves it to the optimizer. */
export function learningRateOf(schedule: AnySchedule, step: number): number | undefined {
  return typeof schedule === 'function' ? schedule(step) : schedule?.learningRate;
}

/** What must be saved of a schedule: nothing, where the rate depends on the step alone. */
export function scheduleState(schedule: AnySchedule): Json | undefined {
  return typeof schedule === 'object' ? { ...schedule.state() } : undefined;
}

/** A schedule of another kind than the saved one starts anew: whoever resumes may choose another. */
export function restoreSchedule(schedule: AnySchedule, state: Json | undefined): void {
  if (typeof schedule !== 'object' || state === undefined) return;
  schedule.restore(checked('schedule', plateauSchema, state));
}
