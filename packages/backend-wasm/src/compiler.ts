import type { Engine, WasmModule } from './engine.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Turns the bytes of a module into code, at once. */
export interface Compiler {
  /** Whether it joins vectors side by side, for which modules are written in pairs. */
  readonly inPairs: boolean;
  compile(bytes: Bytes): WasmModule;
}

export interface JoiningCompiler extends Compiler {
  /** The same without joining, to measure what that gains. */
  compileApart(bytes: Bytes): WasmModule;
}

/** The engine as it is. */
export function plainCompiler(host: Engine): Compiler {
  return { inPairs: false, compile: (bytes) => new host.Module(bytes) };
}

/** What this package uses of Node's `process` and `v8`. */
interface Process {
  readonly arch: string;
  readonly execArgv: readonly string[];
  readonly versions: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: string): unknown;
}

interface V8 {
  setFlagsFromString(flag: string): void;
}

/** That of Node 24: older ones do not know the flag, or gain nothing. */
const FIRST_V8 = [13, 6] as const;
/** That of Node 26, the last one in which this was tried: V8 ends the process where its flags do not fit together. */
const LAST_MAJOR = 14;
const JOINS = '--experimental-wasm-revectorize';
/** V8 then ends the process where a flag is set. */
const FROZEN = '--freeze-flags-after-init';
/** What V8 compiles later, when it is needed, it would compile with other flags. Inlining wants to have seen code run before. */
const ALL_AT_ONCE = ['--no-liftoff', '--no-wasm-inlining', '--no-wasm-lazy-compilation'] as const;

/**
 * V8 can join two vectors of 128 bits to one of 256 where a module computes the same on both, on x64 processors with AVX2. That is behind
 * a flag of the whole process ("revectorization"), which here holds while a module of this package is compiled, and
 * no longer. If it can't be had, the reason.
 */
export function joiningCompiler(host: Engine): JoiningCompiler | string {
  const node = Reflect.get(globalThis, 'process') as Process | undefined;
  const v8 = node?.getBuiltinModule?.('node:v8') as V8 | undefined;
  // Others that speak like Node, but fix the flags of their engine, or have another one.
  if (!node || !v8 || ['bun', 'deno', 'electron'].some((other) => node.versions[other] !== undefined)) {
    return 'only V8 in Node has them';
  }
  const version = node.versions['v8'] ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < FIRST_V8[0] || (major === FIRST_V8[0] && minor < FIRST_V8[1])) {
    return `V8 ${version} does not have them, that of Node 24 does`;
  }
  if (major > LAST_MAJOR) return `this was tried with V8 up to ${LAST_MAJOR}, and this is ${version}`;
  if (node.arch !== 'x64') return `V8 has them on x64 processors only, and this is ${node.arch}`;
  const given = new Set(node.execArgv.map((flag) => flag.replaceAll('_', '-')));
  if (given.has(FROZEN)) return `this process was started with ${FROZEN}`;
  const compileWith = (flags: readonly string[], bytes: Bytes): WasmModule => {
    // What the process was started with stays as it is.
    const changed = flags.filter((flag) => !given.has(flag));
    for (const flag of changed) v8.setFlagsFromString(flag);
    try {
      return new host.Module(bytes);
    } finally {
      for (const flag of changed) v8.setFlagsFromString(opposite(flag));
    }
  };
  return {
    inPairs: true,
    compile: (bytes) => compileWith([JOINS, ...ALL_AT_ONCE], bytes),
    compileApart: (bytes) => compileWith(ALL_AT_ONCE, bytes),
  };
}

function opposite(flag: string): string {
  return flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-');
}
