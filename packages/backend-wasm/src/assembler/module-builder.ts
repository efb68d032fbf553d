import {
  type Declarations,
  FunctionBuilder,
  type FunctionReference,
  type FunctionType,
  type Locals,
} from './function-builder.ts';
import { Bytes } from './bytes.ts';
import { signed, unsigned } from './leb128.ts';
import { type Code, Local, TYPE_CODES, Value, type ValueType } from './value.ts';

/** The memory that a module imports as `env.memory`, in pages of 64 KiB. Shared memory must say its maximum. */
export interface MemoryLimits {
  readonly minimum: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** How the code of a module is written. */
export interface ModuleStyle {
  /** Whether what vectors side by side compute is written so that V8 can join two of them to one of 256 bits. Default false. */
  readonly inPairs?: boolean;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** The module that imports come from. */
const ENVIRONMENT = 'env';

/** Puts a module together: imports first, then functions, then `bytes`. */
export class ModuleBuilder {
  readonly #types: number[][] = [];
  readonly #typesByCode = new Map<string, number>();
  readonly #imports: number[][] = [];
  /** The type of each function. */
  readonly #functions: number[] = [];
  /** Their bodies, each behind its length. */
  readonly #bodies = new Bytes();
  /** What is being written. */
  readonly #body = new Bytes();
  readonly #exports: number[][] = [];
  readonly #data: Code[] = [];
  readonly #constants = new Map<string, Value>();
  #importedFunctions = 0;
  #shared = false;
  readonly inPairs: boolean;

  constructor({ inPairs = false }: ModuleStyle = {}) {
    this.inPairs = inPairs;
  }

  importMemory({ minimum, maximum, shared = false }: MemoryLimits): void {
    this.#shared = shared;
    const flags = (maximum === undefined ? 0 : 1) + (shared ? 2 : 0);
    const limits = [flags, ...unsigned(minimum), ...(maximum === undefined ? [] : unsigned(maximum))];
    this.#imports.push([...text(ENVIRONMENT), ...text('memory'), 0x02, ...limits]);
  }

  get hasSharedMemory(): boolean {
    return this.#shared;
  }

  /** A constant of each instance; asked for again by its name, the same one. */
  importConstant<T extends ValueType>(name: string, type: T): Value<T> {
    const known = this.#constants.get(name);
    if (known) return known as Value<T>;
    this.#imports.push([...text(ENVIRONMENT), ...text(name), 0x03, TYPE_CODES[type], 0x00]);
    const constant = new Value(type, [0x23, ...unsigned(this.#constants.size)]);
    this.#constants.set(name, constant);
    return constant;
  }

  /** All imports come before the first function. */
  importFunction(name: string, type: FunctionType): FunctionReference {
    this.#imports.push([...text(ENVIRONMENT), ...text(name), 0x00, ...unsigned(this.#type(type))]);
    return { ...type, index: this.#importedFunctions++ };
  }

  /** Adds a function that only this module calls. */
  function<P extends Declarations>(
    parameters: P,
    results: readonly ValueType[],
    build: (f: FunctionBuilder, parameters: Locals<P>) => void,
  ): FunctionReference {
    const entries = Object.entries(parameters);
    const f = new FunctionBuilder(entries.length);
    const named = Object.fromEntries(entries.map(([name, type], i) => [name, new Local(type, i)]));
    build(f, named as Locals<P>);
    const type: FunctionType = { parameters: entries.map(([, each]) => each), results };
    this.#functions.push(this.#type(type));
    // At once, so that what the body was put together of can be forgotten.
    this.#body.clear();
    this.#body.write(f.body);
    this.#bodies.write(unsigned(this.#body.length));
    this.#bodies.append(this.#body.written);
    return { ...type, index: this.#importedFunctions + this.#functions.length - 1 };
  }

  export(name: string, { index }: FunctionReference): void {
    this.#exports.push([...text(name), 0x00, ...unsigned(index)]);
  }

  /** Bytes that every new instance writes to memory. */
  data(address: number, bytes: Uint8Array): void {
    this.#data.push([0x00, 0x41, signed(address), 0x0b, unsigned(bytes.length), Array.from(bytes)]);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    const module = new Bytes();
    const section = (id: number, count: number, entries: Uint8Array): void => {
      if (count === 0) return;
      const counted = unsigned(count);
      module.write([id, unsigned(counted.length + entries.length), counted]);
      module.append(entries);
    };
    const written = (entries: Code): Uint8Array => {
      this.#body.clear();
      this.#body.write(entries);
      return this.#body.written;
    };
    module.write(HEADER);
    section(1, this.#types.length, written(this.#types));
    section(2, this.#imports.length, written(this.#imports));
    section(3, this.#functions.length, written(this.#functions.map(unsigned)));
    section(7, this.#exports.length, written(this.#exports));
    section(10, this.#functions.length, this.#bodies.written);
    section(11, this.#data.length, written(this.#data));
    // A mark, for V8 knows modules by their bytes: it shall not find code again that it wrote for vectors of 128 bits.
    if (this.inPairs) module.write([0, ...list(text('pairs'))]);
    return module.written.slice();
  }

  /** The index of a type, which equal ones share. */
  #type({ parameters, results }: FunctionType): number {
    const codes = (types: readonly ValueType[]): number[] => types.map((type) => TYPE_CODES[type]);
    const type = [0x60, ...list(codes(parameters)), ...list(codes(results))];
    const code = type.join();
    const known = this.#typesByCode.get(code);
    if (known !== undefined) return known;
    this.#typesByCode.set(code, this.#types.length);
    return this.#types.push(type) - 1;
  }
}

/** A number of entries of one byte, then they. */
function list(codes: readonly number[]): number[] {
  return [...unsigned(codes.length), ...codes];
}

/** Names here are ASCII. */
function text(name: string): number[] {
  const codes: number[] = [];
  for (let i = 0; i < name.length; i++) codes.push(name.charCodeAt(i));
  return list(codes);
}
