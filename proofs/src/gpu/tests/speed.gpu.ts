// What it takes, beside backend-wasm in the same process. Only `pnpm proof:gpu` asks, when nothing else runs.
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, type Tensor, keep, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { CharLm } from '../../shared/char-lm.ts';
import { missing, mode, speed, theBackend, title } from './setting.ts';

/** A first run of each compiles kernels and is not counted. */
const TURNS = 5;
/** Of the character model: W1 of the benchmarks. */
const [HIDDEN, SYMBOLS, BATCH, TIME] = [128, 65, 32, 50];

/** What is done on a backend, again and again, until a few numbers of the result are there. */
type Work = () => Promise<number>;

const works: Readonly<Record<string, (backend: Backend) => Work>> = {
  'product of two matrices 256 × 256': (backend) => product(backend, 256),
  'product of two matrices 512 × 512': (backend) => product(backend, 512),
  [`loss of LSTM ${HIDDEN}, ${SYMBOLS} symbols, batch ${BATCH}, ${TIME} steps`]: (backend) => characters(backend).loss,
  'training step of it, Adam': (backend) => characters(backend).train,
};

const figures: Record<string, { readonly ms: number; readonly wasm: number }> = {};

describe.skipIf(missing !== undefined || !speed)(
  `speed on ${title}${speed ? '' : ' (skipped: timed alone, by pnpm proof:gpu)'}`,
  () => {
    it.each(Object.entries(works))('%s', async (name, make) => {
      const [here, beside] = [make(await theBackend()), make(await wasm())];
      // The same work: first results that agree.
      expect(await here()).toBeCloseTo(await beside(), 3);
      const times: { readonly ms: number; readonly wasm: number }[] = [];
      for (let turn = 0; turn < TURNS; turn++) times.push({ ms: await timed(here), wasm: await timed(beside) });
      figures[name] = { ms: median(times.map(({ ms }) => ms)), wasm: median(times.map((each) => each.ms / each.wasm)) };
    });

    it('is told', ({ task }) => {
      expect(Object.keys(figures)).toEqual(Object.keys(works));
      task.meta.gpu = { what: 'figures', mode, figures: { speed: figures } };
    });
  },
);

function product(backend: Backend, n: number): Work {
  const rng = new Rng(1);
  const [a, b] = withBackend(backend, () => scope(() => [rng.normal([n, n]), rng.normal([n, n])] as const));
  return () => read(withBackend(backend, () => scope(() => keep(a.matmul(b).slice(0, 0, 1).slice(1, 0, 1)))));
}

function characters(backend: Backend): { readonly loss: Work; readonly train: Work } {
  const { model, optimizer, xs, ys } = withBackend(backend, () => {
    const model = new CharLm({ cell: 'lstm', symbols: SYMBOLS, embedding: 0, hidden: HIDDEN, rng: new Rng(1) });
    const optimizer = new Adam({ parameters: parametersOf(model), learningRate: 0.002 });
    const symbols = (shift: number): Tensor =>
      tensor(
        Int32Array.from({ length: BATCH * TIME }, (_, i) => ((i + shift) * 7) % SYMBOLS),
        { shape: [BATCH, TIME] },
      );
    return { model, optimizer, xs: symbols(0), ys: symbols(1) };
  });
  const lossOf = (): Tensor => crossEntropy(model.forward(xs)[0], ys);
  const train = (): Tensor => {
    const { value, grads } = valueAndGrad(lossOf, optimizer.parameters);
    optimizer.step(grads);
    return value;
  };
  const until =
    (work: () => Tensor): Work =>
    () =>
      read(withBackend(backend, () => scope(() => keep(work()))));
  return { loss: until(lossOf), train: until(train) };
}

/** The first number of a tensor, which is freed. */
async function read(y: Tensor): Promise<number> {
  const [first] = await y.data();
  y.dispose();
  return Number(first);
}

async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
