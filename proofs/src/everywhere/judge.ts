import type { Board, Column } from './board.ts';
import type { Conformance, Findings, OnGpu, Trained } from './program/findings.ts';

type Named<T> = Readonly<Record<string, T | string>>;

/** Holds what was found in an engine to what the reference found. */
export function judge(
  found: Findings & { readonly error?: string },
  expected: Findings,
  column: Column,
  board: Board,
): void {
  if (found.error !== undefined) {
    board.check(column, 'the program', found.error);
    return;
  }
  for (const [name, result] of Object.entries(found.conformance)) judgeConformance(name, result);
  for (const [name, result] of Object.entries(found.training)) judgeTraining(name, result);
  judgeCompiled();
  column.math.push(...differencesOfMath(found, expected));
  board.check(column, '`wasmSync` on this thread', reasonOf(found.withoutWaiting));
  note('relaxed SIMD is there', found.relaxedSimd === true ? 'yes' : 'no');
  if (found.files !== undefined) board.check(column, 'checkpoints and readers on files', reasonOf(found.files));
  if (found.gpu !== undefined) judgeGpu(found.gpu);

  function note(row: string, text: string): void {
    column.cells.set(row, text);
  }

  function judgeConformance(name: string, result: Conformance | string): void {
    const row = `conformance, \`${name}\``;
    if (typeof result === 'string') board.check(column, row, result);
    else {
      const { passed, failed, failures } = result;
      const known = expected.conformance[name] as Conformance;
      const fewer = passed === known.passed ? undefined : `${passed} tests instead of ${known.passed}`;
      const why = failed > 0 ? `${failed} tests failed:\n  ${failures.join('\n  ')}` : fewer;
      board.check(column, row, why, `${passed.toLocaleString('en')} ok`);
    }
  }

  function judgeTraining(name: string, result: Trained | string): void {
    const row = `training, \`${name}\``;
    const known = expected.training[name] as Trained;
    if (typeof result === 'string') {
      board.check(column, row, result);
      return;
    }
    const farthest = Math.max(...result.losses.map((loss, i) => Math.abs(loss / known.losses[i]! - 1)));
    const same = result.file === known.file && farthest === 0;
    // backend-cpu takes exp and tanh from the engine.
    const allowed = name.startsWith('cpu') ? (name.endsWith('64') ? 1e-9 : 1e-3) : 0;
    const threads = name.includes('threads') && !result.description.includes(', 2 threads;');
    const why = threads ? result.description : same || farthest < allowed ? undefined : `losses are ${farthest} apart`;
    board.check(column, row, why, same ? 'same bits' : `within ${farthest.toExponential(0)}`);
  }

  function judgeCompiled(): void {
    const { compiled } = found;
    const known = expected.compiled;
    if (typeof compiled === 'string' || typeof known === 'string') {
      board.check(column, 'compiled model', typeof compiled === 'string' ? compiled : 'the reference has none');
      return;
    }
    board.check(column, '`compileModel`', compiled.made === known.made ? undefined : 'another file', 'same file');
    board.check(column, '`@unroll/runtime`', compiled.text === known.text ? undefined : 'another text', 'same text');
    note('its characters per second', Math.round(compiled.tokensPerSecond).toLocaleString('en'));
  }

  function judgeGpu(gpu: Named<OnGpu>): void {
    const inCpu = gpu['cpu'];
    for (const mode of ['webgl2', 'webgpu']) {
      const row = `GPU.js, \`${mode}\``;
      const here = gpu[mode] ?? 'not there';
      const error = [here, inCpu].find((each) => typeof each === 'string' && reasonOf(each) !== undefined);
      if (typeof error === 'string') board.check(column, row, error);
      else if (typeof here === 'string' || typeof inCpu !== 'object') {
        note(row, 'none');
        board.remarks.push(`${column.name} has no \`${mode}\`: ${typeof here === 'string' ? here : 'no mode `cpu`'}`);
      } else {
        const farthest = Math.max(...here.losses.map((loss, i) => Math.abs(loss - inCpu.losses[i]!)));
        const why = farthest < 1e-5 ? undefined : `losses are ${farthest} from those in mode cpu`;
        board.check(column, row, why, `within ${farthest.toExponential(0)}`);
        board.remarks.push(`${column.name}, \`${mode}\`: ${here.device}`);
      }
    }
  }
}

/** Functions of an engine's `Math` that give other numbers than the reference's: how many of how many, and how far at most. */
function differencesOfMath({ math }: Findings, expected: Findings): readonly string[] {
  return Object.entries(math).flatMap(([name, values]) => {
    const known = expected.math[name]!;
    const others = values.filter((value, i) => value !== known[i]);
    if (others.length === 0) return [];
    const farthest = Math.max(...values.map((value, i) => (value === known[i] ? 0 : Math.abs(value / known[i]! - 1))));
    return [`\`${name}\`: ${others.length} of ${values.length}, up to ${farthest.toExponential(0)}`];
  });
}

/** What a page does that is not cross-origin isolated. */
export interface NotIsolated {
  readonly error?: string;
  readonly said?: readonly string[];
  readonly trained?: Trained | string;
}

/** One thread, with the reason, and the bits of two. */
export function judgeNotIsolated(found: NotIsolated, expected: Findings, column: Column, board: Board): void {
  const { error, said, trained } = found;
  const known = expected.training['wasm float32, 2 threads'];
  const reason = said?.join('; ') ?? '';
  let why = error;
  if (why === undefined) {
    if (!reason.includes('not cross-origin isolated')) why = `it said: ${reason}`;
    else if (typeof trained !== 'object' || typeof known !== 'object')
      why = typeof trained === 'string' ? trained : 'nothing came of it';
    else if (trained.file !== known.file) why = 'another model';
  }
  board.check(column, 'not isolated: says so, one thread', why, 'same bits');
}

function reasonOf(text: string): string | undefined {
  return text.startsWith('Error: ') ? text : undefined;
}
