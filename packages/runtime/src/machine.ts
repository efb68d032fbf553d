import { type WasmExports, type WasmFunction, type WasmMemory, engine } from './engine.ts';
import { RuntimeError } from './error.ts';
import { type Placed, type Program, invalid } from './file.ts';

const PAGE = 65536;

type TensorOf = (name: string) => Uint8Array<ArrayBuffer>;

/** A program with its weights in memory. */
export class Machine {
  readonly program: Program;
  readonly memory: WasmMemory;
  readonly run: WasmFunction;
  /** What streams begin with, where that is not zeros: by position in the state. */
  readonly initial: ReadonlyMap<number, Uint8Array>;
  /** Ranges that ended streams left. */
  readonly #free: number[] = [];
  #end: number;

  constructor(program: Program, memory: WasmMemory, run: WasmFunction, tensor: TensorOf) {
    this.program = program;
    this.memory = memory;
    this.run = run;
    this.initial = new Map(program.state.flatMap(({ initial }, i) => (initial ? [[i, tensor(initial)]] : [])));
    this.#end = program.streams;
  }

  /** A range for a stream, with its table. */
  take(): number {
    const { streamBytes } = this.program;
    const known = this.#free.pop();
    if (known !== undefined) return known;
    const range = this.#end;
    this.#end += streamBytes;
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    writeTable(this.program, this.memory, range);
    return range;
  }

  giveBack(range: number): void {
    this.#free.push(range);
  }
}

/** Compiles a program's module, and puts its weights into memory as the steps want them. */
export async function startMachine(program: Program, tensor: TensorOf): Promise<Machine> {
  const host = engine();
  if (!host) throw new RuntimeError('UNSUPPORTED_ENGINE', 'load: this engine has no WebAssembly.');
  const { streams, prepareBytes, constants, unpacked } = program;
  const bytes = tensor(program.module);
  const module = await host.compile(bytes).catch((cause: unknown) => {
    throw new RuntimeError(
      'UNSUPPORTED_ENGINE',
      `load: the engine refuses the model’s code (${String(cause)}). It needs WebAssembly SIMD; on a page, a Content-Security-Policy ` +
        'must allow wasm-unsafe-eval.',
      { cause },
    );
  });
  const start = async (size: number): Promise<{ memory: WasmMemory; exports: WasmExports }> => {
    const memory = new host.Memory({ initial: Math.ceil(size / PAGE) });
    const { exports } = await host.instantiate(module, { env: { memory } });
    return { memory, exports: exports as WasmExports };
  };
  try {
    const put = (memory: WasmMemory, placed: readonly Placed[]): void => {
      for (const [name, address] of placed) new Uint8Array(memory.buffer).set(tensor(name), address);
    };
    // Weights that are only read to be packed go with the memory in which that is done.
    const whole = await start(prepareBytes);
    put(whole.memory, [...constants, ...unpacked]);
    writeTable(program, whole.memory, streams);
    whole.exports.prepare(streams);
    const rest = unpacked.length > 0 ? await start(streams) : whole;
    if (rest !== whole) new Uint8Array(rest.memory.buffer).set(new Uint8Array(whole.memory.buffer, 0, streams));
    return new Machine(program, rest.memory, rest.exports.run, tensor);
  } catch (cause) {
    throw cause instanceof RuntimeError ? cause : invalid(`it is damaged (${String(cause)})`, cause);
  }
}

function writeTable({ table, relocated }: Program, { buffer }: WasmMemory, range: number): void {
  const words = new Int32Array(buffer, range, table.length);
  words.set(table);
  for (const i of relocated) words[i]! += range;
}
