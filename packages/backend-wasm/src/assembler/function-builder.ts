import { type Effect, i32 } from './instructions.ts';
import { unsigned } from './leb128.ts';
import { type Code, type I32, Local, TYPE_CODES, Value, type ValueType } from './value.ts';

/** Names and types of parameters or locals. */
export type Declarations = Readonly<Record<string, ValueType>>;
export type Locals<D extends Declarations> = { readonly [K in keyof D]: Local<D[K]> };

/** Types of a function from outside. */
export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A function that code can call; `index` is its place in the module. */
export interface FunctionReference extends FunctionType {
  readonly index: number;
}

const VOID = 0x40;
const END = 0x0b;

/** Collects the statements of a function's body. */
export class FunctionBuilder {
  readonly #parameters: number;
  readonly #types: ValueType[] = [];
  readonly #code: (number | Code)[] = [];
  #zero: Local<'v128'> | undefined;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  local<T extends ValueType>(type: T): Local<T> {
    this.#types.push(type);
    return new Local(type, this.#parameters + this.#types.length - 1);
  }

  /** Several at once, by name: `const { i, sum } = f.locals({ i: 'i32', sum: 'v128' })`. */
  locals<D extends Declarations>(declarations: D): Locals<D> {
    const entries = Object.entries(declarations).map(([name, type]) => [name, this.local(type)]);
    return Object.fromEntries(entries) as Locals<D>;
  }

  /** A new local that holds `value` from here on. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends ValueType>(local: Local<T>, value: Value<T>): void {
    this.#code.push(value.code, 0x21, unsigned(local.index));
  }

  /** local += value; a number is a constant. */
  increase(local: Local<'i32'>, value: I32 | number): void {
    this.set(local, i32.add(local, typeof value === 'number' ? i32.const(value) : value));
  }

  /**
   * Writes the body of a loop, and clears the vectors that it declared behind it. Otherwise V8 takes them for something that each turn
   * hands to the next, and does not join two of them to one of 256 bits.
   */
  clearing(body: () => void): void {
    const first = this.#types.length;
    body();
    const end = this.#types.length;
    this.#zero ??= this.local('v128');
    for (let i = first; i < end; i++) {
      if (this.#types[i] === 'v128') this.set(new Local('v128', this.#parameters + i), this.#zero);
    }
  }

  /** Stores and other code for its effect. */
  do(effect: Effect): void {
    this.#code.push(effect);
  }

  /** Calls a function without a result. */
  call(callee: FunctionReference, ...values: readonly Value[]): void {
    this.#code.push(callCode(callee, values));
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.#code.push(condition.code, 0x04, VOID);
    then();
    if (otherwise) {
      this.#code.push(0x05);
      otherwise();
    }
    this.#code.push(END);
  }

  /** Runs the body, then again as long as `condition` holds. */
  repeatWhile(condition: () => I32, body: () => void): void {
    this.#code.push(0x03, VOID);
    body();
    this.#code.push(condition().code, 0x0d, 0, END);
  }

  /** Runs the body as long as `condition` holds, perhaps never. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () => this.repeatWhile(() => condition, body));
  }

  /** Counts `counter` from 0 up in steps, as long as it is below `end`, as an unsigned number. */
  for(counter: Local<'i32'>, end: I32, step: number, body: () => void): void {
    this.set(counter, i32.const(0));
    this.while(i32.lt_u(counter, end), () => {
      body();
      this.increase(counter, step);
    });
  }

  /** Runs the body `count` times, a number of at least 1 that is lost. */
  times(count: Local<'i32'>, body: () => void): void {
    this.repeatWhile(
      () => count,
      () => {
        body();
        this.increase(count, -1);
      },
    );
  }

  /** Ends the run with an error. */
  unreachable(): void {
    this.#code.push(0x00);
  }

  return(value?: Value): void {
    this.#code.push(value?.code ?? [], 0x0f);
  }

  /** Locals and code, as they stand in a module: neighbours of one type are declared together. */
  get body(): Code {
    const groups: { type: ValueType; count: number }[] = [];
    for (const type of this.#types) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    const declared = groups.flatMap(({ type, count }) => [...unsigned(count), TYPE_CODES[type]]);
    return [unsigned(groups.length), declared, this.#code, END];
  }
}

/** The result of a call. */
export function call<T extends ValueType>(type: T, callee: FunctionReference, ...values: readonly Value[]): Value<T> {
  return new Value(type, callCode(callee, values));
}

function callCode(callee: FunctionReference, values: readonly Value[]): Code {
  return [values.map((value) => value.code), 0x10, unsigned(callee.index)];
}
