// Where the time of a training step goes: W1 (LSTM 128, 65 symbols, batch 32, 50 steps, Adam, clipping) under the engine's sampling
// profiler, with the backend's kernels for whole ops and without them. A sample counts for the first kind of work that one of its
// callers belongs to. The profiler gives shares; the processor time that they are shares of is measured without it.
//
//     node --conditions=@unroll/source step-overhead.ts [rounds]
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import { type WasmBackend, wasm } from '@unroll/backend-wasm';
import { LstmCell, scan } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam, clipByGlobalNorm } from '@unroll/optim';
import { Rng, eye, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';

const [SYMBOLS, HIDDEN, BATCH, TIME] = [65, 128, 32, 50];
const STEPS = 20;

/** Kinds of work, and what a stack that does it passes through; the first that fits counts. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['matrix products', /\/backend-wasm\/src\/(ops\/(matmul|product|sum-of-products)|loop\/product)/],
  ['loop over time', /\/backend-wasm\/src\/(loop|threads)\//],
  ['garbage collection', /^\(garbage collector\)/m],
  ['tracing step, finding its plan', /^(traceStep|planFor|keyOf) /m],
  ['around the loop in scan: order of axes, sums over time', /\/cells\/src\/scan\//],
  ['optimizer', /\/optim\/src\/(?!clip)/],
  ['clipping', /\/optim\/src\/clip/],
  ['loss', /\/layers\/src\/losses\//],
  ['loss and layers, walking back', /\/autograd\/src\/(tape|vjps|sum-to)/],
  ['output layer, without its product', /\/layers\/src\/linear/],
  ['the rest: reading symbols, scopes, the tape', /\/packages\/|step-overhead/],
];
const HEAVY = 2;

/** Milliseconds of one step by kind of work. */
export interface StepShares {
  readonly total: number;
  readonly byKind: ReadonlyMap<string, number>;
  /** What is neither a matrix product nor the loop. */
  readonly outside: number;
}

/** A function that trains one step on a backend. */
function training(backend: Backend): () => void {
  return withBackend(backend, () => {
    const rng = new Rng(1);
    const cell = new LstmCell({ inputSize: SYMBOLS, hiddenSize: HIDDEN, rng });
    const output = new Linear({ inputSize: HIDDEN, outputSize: SYMBOLS, rng });
    const parameters = parametersOf({ cell, output });
    const optimizer = new Adam({ parameters, learningRate: 0.002 });
    const letters = eye(SYMBOLS);
    const symbols = (): ReturnType<typeof tensor> =>
      tensor(
        Int32Array.from({ length: BATCH * TIME }, () => rng.integer(SYMBOLS)),
        { shape: [BATCH, TIME] },
      );
    const [inputs, targets] = [symbols(), symbols()];
    return () =>
      withBackend(backend, () =>
        scope(() => {
          const { value, grads } = valueAndGrad(
            () => crossEntropy(output.forward(scan(cell, letters.gather(inputs))[0]), targets),
            parameters,
          );
          optimizer.step(clipByGlobalNorm(grads, 5).grads);
          value.item();
        }),
      );
  });
}

interface Sampled {
  readonly id: number;
  readonly children?: readonly number[];
  readonly callFrame: { readonly functionName: string; readonly url: string };
}

/** The processor time of `work`, in milliseconds. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The share of each kind of work while `work` runs. */
async function sharesOf(work: () => void): Promise<Map<string, number>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 100 });
  await session.post('Profiler.start');
  work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();

  const nodes = profile.nodes as readonly Sampled[];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const kinds = new Map(nodes.map(({ id }) => [id, kindOf(stackOf(id, byId, parents))]));
  const times = new Map<string, number>();
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const kind = kinds.get(id);
    if (kind !== undefined) times.set(kind, (times.get(kind) ?? 0) + profile.timeDeltas![i]!);
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...times].map(([kind, time]) => [kind, time / total]));
}

function stackOf(id: number, byId: ReadonlyMap<number, Sampled>, parents: ReadonlyMap<number, number>): string {
  const frames: string[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const { functionName, url } = byId.get(at)!.callFrame;
    frames.push(`${functionName} ${url}`);
  }
  return frames.join('\n');
}

/** None for the profiler's own work. */
function kindOf(stack: string): string | undefined {
  if (stack.includes('node:inspector')) return undefined;
  return KINDS.find(([, pattern]) => pattern.test(stack))?.[0];
}

/** The median over rounds, kind by kind; the two backends take turns. */
export async function stepOverhead(rounds: number): Promise<readonly (StepShares & { readonly name: string })[]> {
  const backend = await wasm({ threads: 1 });
  const contestants = [
    { name: 'on the primitives', step: training(withoutFused(backend)) },
    { name: 'with whole ops', step: training(backend) },
  ].map(({ name, step }) => ({
    name,
    steps: (): void => {
      for (let i = 0; i < STEPS; i++) step();
    },
    cpu: [] as number[],
    runs: [] as Map<string, number>[],
  }));
  for (const { steps } of contestants) steps();
  for (let round = 0; round < rounds; round++) {
    for (const { steps, cpu, runs } of contestants) {
      cpu.push(cpuOf(steps) / STEPS);
      runs.push(await sharesOf(steps));
    }
  }
  return contestants.map(({ name, cpu, runs }) => {
    const all = median(cpu);
    const each = KINDS.map(([kind]) => [kind, all * median(runs.map((run) => run.get(kind) ?? 0))] as const);
    const sum = (entries: typeof each): number => entries.reduce((total, [, time]) => total + time, 0);
    return { name, byKind: new Map(each), total: sum(each), outside: sum(each.slice(HEAVY)) };
  });
}

function withoutFused(backend: WasmBackend): Backend {
  const entries = Object.entries(backend).filter(([name]) => name !== 'fused');
  return Object.fromEntries(entries) as Omit<WasmBackend, 'fused'>;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function table(columns: Awaited<ReturnType<typeof stepOverhead>>): string {
  const row = (name: string, of: (shares: StepShares) => number): string =>
    `| ${[name, ...columns.map((shares) => `${of(shares).toFixed(2)} ms, ${((100 * of(shares)) / shares.total).toFixed(1)} %`)].join(' | ')} |`;
  return [
    `| ${['', ...columns.map(({ name }) => name)].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '---')].join(' | ')} |`,
    ...KINDS.map(([kind]) => row(kind, ({ byKind }) => byKind.get(kind)!)),
    row('**a whole step**', ({ total }) => total),
    row('**outside of products and loop**', ({ outside }) => outside),
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(table(await stepOverhead(Number(process.argv[2] ?? 9))));
}
