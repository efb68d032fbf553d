// Cells against the LSTM, per operation of their matrix products: forwards and backwards, one thread. First those of a user, which
// are written here, then those of @unroll/cells.
//
//     node --conditions=@unroll/source custom-cells.ts [rounds]
import { pathToFileURL } from 'node:url';
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import {
  CoupledLstmCell,
  GruCell,
  IndRnnCell,
  LayerNormGruCell,
  LayerNormLstmCell,
  LstmCell,
  MinGruCell,
  MinLstmCell,
  MinimalGatedCell,
  PeepholeLstmCell,
  ProjectedLstmCell,
  QrnnCell,
  type RecurrentCell,
  ResetBeforeGruCell,
  SruCell,
  VanillaCell,
  scan,
} from '@unroll/cells';
import { LayerNorm } from '@unroll/layers';
import { Parameter, Rng, type Tensor, concat, parametersOf, scope, withBackend, zeros } from '@unroll/tensor';

/** What a cell costs. */
export interface CustomCellRow {
  readonly cell: string;
  /** Median process CPU of forward and backward, in milliseconds. */
  readonly cpu: number;
  /** Multiplications of its matrix products, forwards and backwards, as a part of the LSTM's. */
  readonly products: number;
  /** Time per multiplication, as a multiple of the LSTM's: the median over rounds that are next to each other. */
  readonly perProduct: number;
  /** What is left of `cpu` without the products, if each multiplication took what it takes in one large product alone. */
  readonly rest: number;
  /**
   * For cells without a product in their loop: `perProduct`, if they took no longer than their products at the rate of a large one, their
   * sigmoids and tanhs alone, and each array of all steps moved once by whatever writes or reads it.
   */
  readonly least: number | undefined;
}

const INPUT = 65;
const HIDDEN = 128;
const BATCH = 32;
const TIME = 50;
const STEPS = 5;

type Memory = { readonly h: Tensor; readonly c: Tensor };

/** Parameters and sizes that all cells here share. */
abstract class CustomCell {
  readonly inputSize: number = INPUT;
  readonly outputSize: number = HIDDEN;

  zeros(batch: number): Tensor {
    return zeros([batch, HIDDEN]);
  }
}

function weight(rng: Rng, ...shape: readonly number[]): Parameter {
  const bound = 1 / Math.sqrt(HIDDEN);
  return new Parameter(rng.uniform(shape, { low: -bound, high: bound }));
}

/** f = σ(W_f [x, h] + b_f), h′ = (1 − f)∘h + f∘tanh(W_n [x, f∘h] + b_n) (Zhou et al. 2016) */
class MinimalGated extends CustomCell implements RecurrentCell<Tensor> {
  readonly weight_f: Parameter;
  readonly bias_f: Parameter;
  readonly weight_n: Parameter;
  readonly bias_n: Parameter;

  constructor(rng: Rng) {
    super();
    this.weight_f = weight(rng, INPUT + HIDDEN, HIDDEN);
    this.bias_f = weight(rng, HIDDEN);
    this.weight_n = weight(rng, INPUT + HIDDEN, HIDDEN);
    this.bias_n = weight(rng, HIDDEN);
  }

  initialState(batch: number): Tensor {
    return this.zeros(batch);
  }

  step(x: Tensor, h: Tensor): readonly [Tensor, Tensor] {
    const f = concat([x, h], 1).matmul(this.weight_f.value).add(this.bias_f.value).sigmoid();
    const n = concat([x, f.mul(h)], 1)
      .matmul(this.weight_n.value)
      .add(this.bias_n.value)
      .tanh();
    const next = f.neg().add(1).mul(h).add(f.mul(n));
    return [next, next];
  }
}

/** An LSTM whose gates see the memory (Gers & Schmidhuber 2000). */
class Peephole extends CustomCell implements RecurrentCell<Memory> {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias: Parameter;
  readonly peep: readonly Parameter[];

  constructor(rng: Rng) {
    super();
    this.weight_ih = weight(rng, 4 * HIDDEN, INPUT);
    this.weight_hh = weight(rng, 4 * HIDDEN, HIDDEN);
    this.bias = weight(rng, 4 * HIDDEN);
    this.peep = [weight(rng, HIDDEN), weight(rng, HIDDEN), weight(rng, HIDDEN)];
  }

  initialState(batch: number): Memory {
    return { h: this.zeros(batch), c: this.zeros(batch) };
  }

  step(x: Tensor, { h, c }: Memory): readonly [Tensor, Memory] {
    const sums = x
      .matmul(this.weight_ih.value, { transposeB: true })
      .add(this.bias.value)
      .add(h.matmul(this.weight_hh.value, { transposeB: true }));
    const [i, f, g, o] = sums.split(1, 4);
    const [ofI, ofF, ofO] = this.peep.map(({ value }) => value) as [Tensor, Tensor, Tensor];
    const next = f
      .add(c.mul(ofF))
      .sigmoid()
      .mul(c)
      .add(i.add(c.mul(ofI)).sigmoid().mul(g.tanh()));
    const hidden = o.add(next.mul(ofO)).sigmoid().mul(next.tanh());
    return [hidden, { h: hidden, c: next }];
  }
}

/** An LSTM with i = 1 − f (Greff et al. 2017). */
class Coupled extends CustomCell implements RecurrentCell<Memory> {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias: Parameter;

  constructor(rng: Rng) {
    super();
    this.weight_ih = weight(rng, 3 * HIDDEN, INPUT);
    this.weight_hh = weight(rng, 3 * HIDDEN, HIDDEN);
    this.bias = weight(rng, 3 * HIDDEN);
  }

  initialState(batch: number): Memory {
    return { h: this.zeros(batch), c: this.zeros(batch) };
  }

  step(x: Tensor, { h, c }: Memory): readonly [Tensor, Memory] {
    const sums = x
      .matmul(this.weight_ih.value, { transposeB: true })
      .add(this.bias.value)
      .add(h.matmul(this.weight_hh.value, { transposeB: true }));
    const [f, g, o] = sums.split(1, 3);
    const keep = f.sigmoid();
    const next = keep.mul(c).add(keep.neg().add(1).mul(g.tanh()));
    const hidden = o.sigmoid().mul(next.tanh());
    return [hidden, { h: hidden, c: next }];
  }
}

/** An LSTM with a layer norm on each product and on the memory (Ba, Kiros & Hinton 2016). */
class LayerNormLstm extends CustomCell implements RecurrentCell<Memory> {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly norm_ih: LayerNorm;
  readonly norm_hh: LayerNorm;
  readonly norm_c: LayerNorm;

  constructor(rng: Rng) {
    super();
    this.weight_ih = weight(rng, 4 * HIDDEN, INPUT);
    this.weight_hh = weight(rng, 4 * HIDDEN, HIDDEN);
    this.norm_ih = new LayerNorm({ size: 4 * HIDDEN });
    this.norm_hh = new LayerNorm({ size: 4 * HIDDEN });
    this.norm_c = new LayerNorm({ size: HIDDEN });
  }

  initialState(batch: number): Memory {
    return { h: this.zeros(batch), c: this.zeros(batch) };
  }

  step(x: Tensor, { h, c }: Memory): readonly [Tensor, Memory] {
    const ofX = this.norm_ih.forward(x.matmul(this.weight_ih.value, { transposeB: true }));
    const ofH = this.norm_hh.forward(h.matmul(this.weight_hh.value, { transposeB: true }));
    const [i, f, g, o] = ofX.add(ofH).split(1, 4);
    const next = this.norm_c.forward(f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh())));
    const hidden = o.sigmoid().mul(next.tanh());
    return [hidden, { h: hidden, c: next }];
  }
}

/** Multiplications for one element of one step. The input is data: it needs no derivative. */
function productsOf(gates: number, inputs: number, hidden: number, outputs: number = HIDDEN): number {
  return gates * HIDDEN * (2 * inputs + 3 * hidden) + (outputs < HIDDEN ? 3 * HIDDEN * outputs : 0);
}

const gated = (gates: number): number => productsOf(gates, INPUT, HIDDEN);
const LSTM_PRODUCTS = gated(4);
const PROJECTED = HIDDEN / 2;

/** What a run forwards and backwards must do besides its products. */
interface Least {
  /** Sigmoids and tanhs of each output. */
  readonly gates: number;
  /** How often an array [batch, time, hidden] is written or read. */
  readonly moves: number;
}

/**
 * `blocks` of the hoisted product are written, read, and so are their gradients; what is `kept` is written and read, the output and
 * its gradient too. Around the loop: axes are exchanged of the output, of its gradient, of the input (half as wide), and the loss takes 8.
 */
function least(gates: number, blocks: number, kept: number): Least {
  return { gates, moves: 4 * blocks + 2 * kept + 2 + 2 + 2 + 1 + 8 };
}

type Contestant = readonly [cell: string, products: number, subject: RecurrentCell, least?: Least];

/** The LSTM, and cells as a user writes them. */
function writtenHere(rng: Rng): readonly Contestant[] {
  return [
    ['LSTM', gated(4), new LstmCell({ inputSize: INPUT, hiddenSize: HIDDEN, rng })],
    ['minimal gated', gated(2), new MinimalGated(rng)],
    ['coupled LSTM', gated(3), new Coupled(rng)],
    ['peephole LSTM', gated(4), new Peephole(rng)],
    ['layer-norm LSTM', gated(4), new LayerNormLstm(rng)],
  ];
}

/** The last five have no product in their loop: theirs are taken at once, and so little that elementwise work weighs heavily beside it. */
function ofThePackage(rng: Rng): readonly Contestant[] {
  const options = { inputSize: INPUT, hiddenSize: HIDDEN, rng };
  return [
    ['VanillaCell', gated(1), new VanillaCell(options)],
    ['PeepholeLstmCell', gated(4), new PeepholeLstmCell(options)],
    ['CoupledLstmCell', gated(3), new CoupledLstmCell(options)],
    [
      'ProjectedLstmCell',
      productsOf(4, INPUT, PROJECTED, PROJECTED),
      new ProjectedLstmCell({ ...options, projectedSize: PROJECTED }),
    ],
    ['LayerNormLstmCell', gated(4), new LayerNormLstmCell(options)],
    ['GruCell', gated(3), new GruCell(options)],
    ['ResetBeforeGruCell', gated(3), new ResetBeforeGruCell(options)],
    ['LayerNormGruCell', gated(3), new LayerNormGruCell(options)],
    ['MinimalGatedCell', gated(2), new MinimalGatedCell(options)],
    ['SruCell', productsOf(4, INPUT, 0), new SruCell(options), least(2, 4, 4)],
    // Two inputs side by side are as much as one and a half more to keep.
    ['QrnnCell', productsOf(3, 2 * INPUT, 0), new QrnnCell(options), least(3, 3, 5.5)],
    ['MinLstmCell', productsOf(3, INPUT, 0), new MinLstmCell(options), least(2, 3, 3)],
    ['MinGruCell', productsOf(2, INPUT, 0), new MinGruCell(options), least(1, 2, 2)],
    // What is kept is the output: it is only read once more.
    ['IndRnnCell', productsOf(1, INPUT, 0), new IndRnnCell(options), least(0, 1, 0.5)],
  ];
}

/**
 * Measures all cells by turns, in this process, on the shape of W1. The first row is the LSTM. `rounds` default 15.
 */
export async function customCells(rounds = 15): Promise<readonly CustomCellRow[]> {
  const rng = new Rng(1);
  return withBackend(await wasm(), () => {
    const contestants = [...writtenHere(rng), ...ofThePackage(rng)].map(([cell, products, subject, least]) => ({
      cell,
      products: products / LSTM_PRODUCTS,
      run: trainer(subject),
      least,
    }));
    const multiply = largeProduct(rng);
    const [move, gate] = [moves(rng), gates(rng)];
    for (let i = 0; i < 8; i++) for (const { run } of contestants) run();
    const times = contestants.map((): number[] => []);
    const [large, moved, gated]: readonly number[][] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      for (const [i, { run }] of contestants.entries()) times[i]!.push(run());
      large!.push(multiply());
      moved!.push(move());
      gated!.push(gate());
    }
    const ofLstm = (median(large!) * LSTM_PRODUCTS) / (HIDDEN * GATES);
    const leastOf = (least: Least): number => least.gates * median(gated!) + least.moves * median(moved!);
    return contestants.map(({ cell, products, least }, i) => ({
      cell,
      products,
      cpu: median(times[i]!),
      perProduct: median(times[i]!.map((time, round) => time / times[0]![round]! / products)),
      rest: median(times[i]!) - ofLstm * products,
      least: least && (ofLstm + leastOf(least) / products) / median(times[0]!),
    }));
  });
}

/** Columns of the large product. */
const GATES = 4 * HIDDEN;

/** Multiplies what all steps find by one weight; gives milliseconds of process CPU for one. */
function largeProduct(rng: Rng): () => number {
  const [hs, weights] = [rng.normal([BATCH * TIME, HIDDEN]), rng.normal([HIDDEN, GATES])];
  return () =>
    cpuOf(() => {
      for (let i = 0; i < STEPS; i++) scope(() => void hs.matmul(weights));
    });
}

/** Arrays that take turns, so that each comes from where those of a cell come from: not from the nearest caches. */
const TURNS = 16;

/** Milliseconds of process CPU for writing or reading an array [batch, time, hidden], where nothing is computed. */
function moves(rng: Rng): () => number {
  const arrays = Array.from({ length: TURNS }, () => rng.normal([BATCH * TIME, HIDDEN]));
  // A sum reads two and writes one.
  return () => {
    const all = cpuOf(() => {
      for (let i = 0; i < STEPS * TURNS; i++) scope(() => void arrays[i % TURNS]!.add(arrays[(i + 1) % TURNS]!));
    });
    return all / TURNS / 3;
  };
}

/** Milliseconds of process CPU for a sigmoid of an array [batch, time, hidden]: what two of them add to a loop, halved. */
function gates(rng: Rng): () => number {
  const xs = rng.normal([BATCH, TIME, HIDDEN]);
  const cellOf = (gate: (x: Tensor) => Tensor): RecurrentCell<Tensor> => ({
    inputSize: HIDDEN,
    outputSize: HIDDEN,
    initialState: (batch) => zeros([batch, HIDDEN]),
    step: (x, h) => {
      const next = gate(x).mul(gate(x.add(h)));
      return [next, next];
    },
  });
  const [gated, plain] = [cellOf((x) => x.sigmoid()), cellOf((x) => x)];
  const run = (cell: RecurrentCell<Tensor>): number =>
    cpuOf(() => {
      for (let i = 0; i < 2 * STEPS; i++) scope(() => void scan(cell, xs));
    }) / 2;
  return () => (run(gated) - run(plain)) / 2;
}

/** Runs a cell forwards and backwards some times; gives milliseconds of process CPU for one. */
function trainer(cell: RecurrentCell): () => number {
  const rng = new Rng(2);
  const xs = rng.normal([BATCH, TIME, INPUT]);
  const dys = rng.normal([BATCH, TIME, cell.outputSize]);
  const parameters = parametersOf(cell);
  return () =>
    cpuOf(() => {
      for (let i = 0; i < STEPS; i++) {
        scope(() => void valueAndGrad(() => scan(cell, xs)[0].mul(dys).sum(), parameters));
      }
    });
}

/** Milliseconds of process CPU for one of the `STEPS` times that `work` does something. */
function cpuOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / STEPS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const rows = await customCells(Number(process.argv[2] ?? 15));
  for (const { cell, cpu, products, perProduct, rest, least } of rows) {
    console.log(
      `${cell.padEnd(18)} ${cpu.toFixed(2)} ms  × ${products.toFixed(3)} products  ${perProduct.toFixed(3)} per product  ` +
        `${rest.toFixed(2)} ms besides${least === undefined ? '' : `  ${least.toFixed(3)} at least`}`,
    );
  }
}
