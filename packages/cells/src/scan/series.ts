import type { Shape, Signature } from '@unroll/backend';
import { type Machine, apply, applyTo } from './machine.ts';

/** A value at every step: one [time, …], or a list. */
export interface SeriesParts<V> {
  readonly isWhole: boolean;
  readonly values: readonly V[];
}

/**
 * A value at every step: as one value [time, …], as a list, or both. It is brought into the other form when that is asked for.
 * Owns what it holds.
 */
export class Series<V extends Signature> {
  readonly #machine: Machine<V>;
  readonly #time: number;
  /** Of one step. */
  readonly #shape: Shape;
  #whole: V | undefined;
  #steps: readonly V[] | undefined;
  #isWhole = false;

  private constructor(machine: Machine<V>, time: number, shape: Shape) {
    this.#machine = machine;
    this.#time = time;
    this.#shape = shape;
  }

  /** [time, …] */
  static ofWhole<V extends Signature>(machine: Machine<V>, whole: V): Series<V> {
    const series = new Series(machine, whole.shape[0]!, whole.shape.slice(1));
    series.#whole = whole;
    series.#isWhole = true;
    return series;
  }

  /** One value per step, at least one. */
  static ofSteps<V extends Signature>(machine: Machine<V>, steps: readonly V[]): Series<V> {
    const series = new Series(machine, steps.length, steps[0]!.shape);
    series.#steps = steps;
    return series;
  }

  static ofParts<V extends Signature>(machine: Machine<V>, { isWhole, values }: SeriesParts<V>): Series<V> {
    return isWhole ? Series.ofWhole(machine, values[0]!) : Series.ofSteps(machine, values);
  }

  /** [time, …] */
  whole(): V {
    this.#whole ??= this.#stack(this.#steps!);
    return this.#whole;
  }

  steps(): readonly V[] {
    this.#steps ??= this.#unstack(this.#whole!);
    return this.#steps;
  }

  /** A series with handles of its own, in the form in which this one was made. */
  share(): Series<V> {
    const held = this.#isWhole ? [this.#whole!] : this.#steps!;
    const handles = held.map((value) => this.#machine.share(value));
    return this.#isWhole ? Series.ofWhole(this.#machine, handles[0]!) : Series.ofSteps(this.#machine, handles);
  }

  /** Hands over what the series was made of, and frees the rest. */
  release(): SeriesParts<V> {
    const rest = this.#isWhole ? (this.#steps ?? []) : this.#whole ? [this.#whole] : [];
    for (const value of rest) this.#machine.free(value);
    return this.#isWhole ? { isWhole: true, values: [this.#whole!] } : { isWhole: false, values: this.#steps! };
  }

  free(): void {
    if (this.#whole) this.#machine.free(this.#whole);
    for (const step of this.#steps ?? []) this.#machine.free(step);
    this.#whole = undefined;
    this.#steps = undefined;
  }

  #stack(steps: readonly V[]): V {
    const machine = this.#machine;
    const shape = [this.#time, ...this.#shape];
    if (steps.length === 1) return apply(machine, 'reshape', steps, { shape });
    // Scalars have no axis to put them end to end.
    const rows =
      this.#shape.length > 0 ? steps : steps.map((step) => apply(machine, 'reshape', [step], { shape: [1] }));
    const joined = apply(machine, 'concat', rows, { axis: 0 });
    if (rows !== steps) for (const row of rows) machine.free(row);
    return applyTo(machine, 'reshape', joined, { shape });
  }

  #unstack(whole: V): readonly V[] {
    const machine = this.#machine;
    const [length = 1, ...rest] = this.#shape;
    if (this.#time === 1) return [apply(machine, 'reshape', [whole], { shape: this.#shape })];
    const rows = apply(machine, 'reshape', [whole], { shape: [this.#time * length, ...rest] });
    const sizes = Array.from({ length: this.#time }, () => length);
    const steps = machine.run('split', [rows], { axis: 0, sizes });
    machine.free(rows);
    if (this.#shape.length > 0) return steps;
    return steps.map((step) => applyTo(machine, 'reshape', step, { shape: [] }));
  }
}
