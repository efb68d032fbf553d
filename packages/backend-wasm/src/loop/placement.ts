import type { Action, Pass } from './actions.ts';
import type { Draft } from './schedule.ts';
import { BYTES, type Storage, type View, isSame } from './values.ts';

/** Finds a place for every value that the loop finds, and for what it makes and doesn't only use in registers. */
export function placesOf(draft: Draft, actions: readonly Action[]): ReadonlyMap<number, View> {
  return new Placement(draft, actions).run();
}

class Placement {
  readonly #draft: Draft;
  readonly #actions: readonly Action[];
  readonly #views: Map<number, View> = new Map();
  /** The pass that a section or nest belongs to, by its number. */
  readonly #passes: Map<number, Pass> = new Map();
  /** Values that are read from memory, and the one pass that reads them, if it is one. */
  readonly #readers: Map<number, Pass | undefined> = new Map();

  constructor(draft: Draft, actions: readonly Action[]) {
    this.#draft = draft;
    this.#actions = actions;
    for (const pass of actions.flatMap((action) => ('passes' in action ? action.passes : []))) {
      for (const { number } of pass.kind === 'rows' ? pass.sections : [pass]) this.#passes.set(number, pass);
    }
  }

  run(): ReadonlyMap<number, View> {
    this.#placeLeaves();
    for (const action of this.#actions) {
      if ('product' in action) {
        const { a, b, output } = action.product;
        for (const value of [a, b]) this.#read(value, undefined, undefined);
        this.#setReader(output, undefined);
        continue;
      }
      for (const pass of action.passes) {
        if (pass.kind === 'rows') {
          for (const { number, nodes } of pass.sections) {
            for (const { inputs } of nodes) for (const input of inputs) this.#read(input, pass, number);
          }
        } else {
          for (const { value } of pass.inputs) this.#read(value, pass, undefined);
          this.#setReader(pass.output.value, pass);
        }
      }
    }
    this.#placeMade();
    return this.#views;
  }

  /** What the loop finds. */
  #placeLeaves(): void {
    const { values, inputs, carried, phases } = this.#draft.program;
    const series = new Set([...inputs.series, ...phases.before.flatMap(({ outputs }) => [...outputs])]);
    const made = new Set(phases.loop.flatMap(({ outputs }) => [...outputs]));
    for (const value of values.keys()) {
      if (made.has(value)) continue;
      const bytes = this.#bytesOf(value);
      this.#place(value, series.has(value) ? { kind: 'series', value, bytes } : { kind: 'constant', value });
    }
    for (const [index, { value }] of carried.entries()) this.#place(value, { kind: 'carried', index });
  }

  /** A section or nest (`number` of the section) reads a value. */
  #read(value: number, pass: Pass | undefined, number: number | undefined, isDirect = true): void {
    const { parts, inlined, madeIn, strips, matrices } = this.#draft;
    const part = parts.get(value);
    if (part) {
      const isAll = !part.isReshaped && isSame(matrices[value]!, matrices[part.of]!);
      this.#read(part.of, pass, number, isDirect && isAll);
      return;
    }
    const node = inlined.get(value);
    if (node) {
      for (const input of node.inputs) this.#read(input, pass, number, false);
      return;
    }
    const made = madeIn.get(value);
    const isInRegister = isDirect && made !== undefined && number !== undefined && !strips.has(value);
    const isHere = isInRegister && (made === number || this.#isScalarOf(value, pass));
    if (!isHere) this.#setReader(value, pass);
  }

  /** Whether a value has one number for each row, made earlier in the same row. */
  #isScalarOf(value: number, pass: Pass | undefined): boolean {
    const { madeIn, matrices } = this.#draft;
    const isMadeHere = pass?.kind === 'rows' && this.#passes.get(madeIn.get(value)!) === pass;
    return isMadeHere && matrices[value]!.columns === 1 && matrices[value]!.rows === pass.rows;
  }

  #setReader(value: number, pass: Pass | undefined): void {
    const isFirst = !this.#readers.has(value);
    this.#readers.set(value, isFirst || this.#readers.get(value) === pass ? pass : undefined);
  }

  #placeMade(): void {
    const { program, kept, next, madeIn } = this.#draft;
    for (const { op, outputs } of program.phases.loop) {
      const [value] = outputs as [number];
      if (op === 'accumulate') this.#place(value, { kind: 'total', value, bytes: this.#bytesOf(value) });
    }
    for (const { value, made } of kept) this.#place(made, { kind: 'kept', value, bytes: this.#bytesOf(made) });
    for (const value of next) {
      if (!this.#views.has(value) && madeIn.has(value)) {
        this.#place(value, { kind: 'step', bytes: this.#bytesOf(value), handedOn: true });
      }
    }
    for (const [value, reader] of this.#readers) {
      if (this.#views.has(value) || !madeIn.has(value)) continue;
      if (this.#isOfOneRow(value, reader)) {
        // Each row writes over the one before: it stays in the nearest cache.
        const { columns } = this.#draft.matrices[value]!;
        this.#place(value, { kind: 'step', bytes: columns * BYTES, handedOn: false }, 0);
      } else {
        this.#place(value, { kind: 'step', bytes: this.#bytesOf(value), handedOn: false });
      }
    }
  }

  /** Whether only the row of the pass that makes a value reads it. */
  #isOfOneRow(value: number, reader: Pass | undefined): boolean {
    const { madeIn, matrices, strips } = this.#draft;
    if (reader?.kind !== 'rows' || matrices[value]!.rows !== reader.rows) return false;
    const isHere = (one: number): boolean => this.#passes.get(madeIn.get(one)!) === reader;
    const parts = strips.get(value);
    if (!parts) return isHere(value);
    return parts.every((strip) => isHere(strip.value) && matrices[strip.value]!.rows === reader.rows);
  }

  #bytesOf(value: number): number {
    const { rows, columns } = this.#draft.matrices[value]!;
    return rows * columns * BYTES;
  }

  #place(value: number, storage: Storage, row: number = this.#draft.matrices[value]!.columns * BYTES): void {
    const view: View = { storage, offset: 0, row };
    this.#views.set(value, view);
    for (const strip of this.#draft.strips.get(value) ?? []) {
      this.#views.set(strip.value, { ...view, offset: strip.offset * BYTES });
    }
  }
}

/** The place of a value in memory. */
export function viewOf(
  schedule: { readonly views: ReadonlyMap<number, View> } & Pick<Draft, 'parts' | 'matrices'>,
  value: number,
): View {
  const own = schedule.views.get(value);
  if (own) return own;
  const part = schedule.parts.get(value)!;
  const whole = viewOf(schedule, part.of);
  if (part.isReshaped) return { ...whole, row: schedule.matrices[value]!.columns * BYTES };
  return { ...whole, offset: whole.offset + part.column * BYTES + part.row * whole.row };
}
