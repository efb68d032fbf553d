import type { RecurrentCell } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import { Rng, type Tensor, type TensorTree, tensor, where } from '@unroll/tensor';
import { AdditiveScore } from '../attention/additive.ts';
import { AttentionDecoder } from '../attention/attention-decoder.ts';
import type { AttentionScore } from '../attention/attention-score.ts';
import { CoverageScore } from '../attention/coverage.ts';
import { coverageLoss } from '../attention/coverage-loss.ts';
import { DotScore, ScaledDotScore } from '../attention/dot.ts';
import { GeneralScore } from '../attention/general.ts';
import { LocationSensitiveScore } from '../attention/location-sensitive.ts';
import { LuongDecoder } from '../attention/luong-decoder.ts';
import { TanhReadout, deepReadout, plainReadout } from '../attention/readout.ts';
import { Bidirectional } from '../bidirectional.ts';
import { hiddenOf } from '../hidden-of.ts';
import { ManyToMany, atLiveSteps } from '../many-to-many.ts';
import { AttentionPooling } from '../many-to-one/attention-pooling.ts';
import { ManyToOne } from '../many-to-one/many-to-one.ts';
import { type Pooling, lastState, maxPooling, meanPooling } from '../many-to-one/pooling.ts';
import { type Merge, averageMerge, concatMerge, productMerge, sumMerge } from '../merge.ts';
import { type Bridge, LinearBridge, zeroBridge } from '../seq2seq/bridge.ts';
import type { Decoder } from '../seq2seq/decoder.ts';
import { EncoderDecoder } from '../seq2seq/encoder-decoder.ts';
import { FixedContextDecoder } from '../seq2seq/fixed-context-decoder.ts';
import { PlainDecoder } from '../seq2seq/plain-decoder.ts';
import { TiedLinear } from '../seq2seq/tied-linear.ts';
import { TokenDecoder } from '../seq2seq/token-decoder.ts';
import { vectorSource } from '../seq2seq/vector-source.ts';
import type { SequenceLayer } from '../sequence-layer.ts';
import { Stacked } from '../stacked.ts';
import { Unidirectional } from '../unidirectional.ts';
import { NormalizedLayer } from '../wrappers/normalized-layer.ts';
import { ResidualLayer } from '../wrappers/residual-layer.ts';

/** Makes a cell of the kind under test. */
export type MakeCell = (inputSize: number, hiddenSize: number) => RecurrentCell;

/** What every architecture is run on. */
export interface Inputs {
  /** [batch, time, size] */
  readonly xs: Tensor;
  /** [batch, time] */
  readonly mask: Tensor | undefined;
  /** [batch, source, size] */
  readonly source: Tensor;
  /** [batch, source] */
  readonly sourceMask: Tensor | undefined;
  /** Given where noise is drawn. */
  readonly rng?: Rng | undefined;
}

/** An architecture with a cell in it. */
export interface Subject {
  /** Features of xs. Default `size`. */
  readonly inputSize?: number;
  /** Features of the source. Default `size`. */
  readonly sourceSize?: number;
  /** Holds all parameters. */
  readonly model: object;
  /** Leaves are [batch, …], 0 where padding is. */
  run(inputs: Inputs): TensorTree;
}

/** Features of xs, of the source, and of hidden states. */
export const size = 5;
/** Symbols of the token models. */
const count = 5;

const merges: Readonly<Record<string, Merge>> = { concatMerge, sumMerge, averageMerge, productMerge };
const rng = (): Rng => new Rng(7);

const poolings: Readonly<Record<string, () => Pooling>> = {
  lastState: () => lastState(),
  meanPooling: () => meanPooling,
  maxPooling: () => maxPooling,
  AttentionPooling: () =>
    new AttentionPooling({ score: new AdditiveScore(additive(2 * size)), querySize: size, rng: rng() }),
};

const additive = (keySize: number) => ({ querySize: size, keySize, attentionSize: 2, rng: rng() });

const scores: Readonly<Record<string, () => AttentionScore>> = {
  DotScore: () => new DotScore(),
  ScaledDotScore: () => new ScaledDotScore(),
  GeneralScore: () => new GeneralScore({ querySize: size, keySize: size, rng: rng() }),
  AdditiveScore: () => new AdditiveScore(additive(size)),
  LocationSensitiveScore: () => new LocationSensitiveScore({ ...additive(size), kernelSize: 3, channels: 2 }),
  'LocationSensitiveScore of the coverage': () =>
    new LocationSensitiveScore({ ...additive(size), kernelSize: 3, channels: 2, of: ({ coverage }) => coverage }),
  CoverageScore: () => new CoverageScore(additive(size)),
};

const both = (cell: MakeCell, merge: Merge = concatMerge) =>
  new Bidirectional({ forwardCell: cell(size, size), backwardCell: cell(size, size), merge });

/** A layer as a subject: what it gives, and its final state. */
export function layerSubject(layer: SequenceLayer): Subject {
  return {
    model: layer,
    inputSize: layer.inputSize,
    run: ({ xs, mask, rng }) => [...layer.forward(xs, { mask, rng })],
  };
}

/** A decoder that reads xs and looks at the source. */
export function decoderSubject(decoder: Decoder, bridge: Bridge): Subject {
  return {
    model: { decoder, bridge },
    inputSize: decoder.inputSize,
    run({ xs, mask, source, sourceMask, rng }) {
      const encoder = { ys: source, final: atLiveSteps(source, sourceMask).sum(1), mask: sourceMask };
      const memory = decoder.remember(encoder);
      const state = decoder.startFrom(bridge.start(encoder, decoder.cell), memory);
      const [ys, final] = new Unidirectional({ cell: decoder.over(memory) }).forward(xs, { state, mask, rng });
      return [ys, final];
    },
  };
}

/** Tokens by the sign of a number, so that padded and single runs read the same. */
const tokensOf = (xs: Tensor): Tensor => where(xs.slice(2, 0, 1).squeeze(2).greater(0), 1, 3).cast('int32');

/** Reads the source as vectors, or its first as one; the target as tokens. */
function tokenSubject(cell: MakeCell, teacherForcing: number): Subject {
  const embedding = new Embedding({ count, size, rng: rng() });
  const inside = cell(2 * size, size);
  const decoder = new AttentionDecoder({
    cell: inside,
    score: scores['GeneralScore']!(),
    valueSize: size,
    readout: plainReadout,
  });
  const bridge = new LinearBridge({
    inputSize: size,
    cell: inside,
    rng: rng(),
    read: ({ final }) => hiddenOf(final),
  });
  const model = new EncoderDecoder({
    encoder: new Unidirectional({ cell: cell(size, size) }),
    decoder: new TokenDecoder({ embedding, decoder, bridge, output: new TiedLinear({ embedding }) }),
  });
  return {
    model,
    run({ xs, mask, source, sourceMask }) {
      const options = teacherForcing < 1 ? { teacherForcing, rng: rng() } : {};
      const { logits, alignments, final } = model.forward(source, tokensOf(xs), { mask, sourceMask, ...options });
      const loss = coverageLoss(alignments!, { mask }).mul(0);
      return [atLiveSteps(logits, mask).add(loss), alignments!, final.cell];
    },
  };
}

/** Every architecture of the package, by name. */
export const everyArchitecture: Readonly<Record<string, (cell: MakeCell) => Subject>> = {
  Unidirectional: (cell) => layerSubject(new Unidirectional({ cell: cell(size, size) })),
  ...Object.fromEntries(
    Object.entries(merges).map(([name, merge]) => [
      `Bidirectional with ${name}`,
      (cell: MakeCell) => layerSubject(both(cell, merge)),
    ]),
  ),
  'Bidirectional, unmerged': (cell) => {
    const layer = both(cell);
    return { model: layer, run: ({ xs, mask }) => [...layer.directions(xs, { mask })] };
  },
  Stacked: (cell) => {
    const above = new Unidirectional({ cell: cell(2 * size, size) });
    return layerSubject(new Stacked({ layers: [both(cell), above], dropout: 0.3 }));
  },
  'Stacked of ResidualLayer and NormalizedLayer': (cell) => {
    const layer = (): SequenceLayer => new Unidirectional({ cell: cell(size, size) });
    const layers = [new NormalizedLayer({ layer: layer() }), new ResidualLayer({ layer: layer() })];
    return layerSubject(new Stacked({ layers }));
  },
  ManyToMany: (cell) => {
    const output = new Linear({ inputSize: 2 * size, outputSize: 2, rng: rng() });
    return layerSubject(new ManyToMany({ layer: both(cell), output }));
  },
  ...Object.fromEntries(
    Object.entries(poolings).map(([name, make]) => [
      `ManyToOne with ${name}`,
      (cell: MakeCell): Subject => {
        const model = new ManyToOne({ layer: both(cell), pooling: make() });
        return { model, run: ({ xs, mask }) => [...model.forward(xs, { mask })] };
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(scores).map(([name, make]) => [
      `AttentionDecoder with ${name}`,
      (cell: MakeCell) => {
        const decoder = new AttentionDecoder({ cell: cell(2 * size, size), score: make(), valueSize: size });
        return decoderSubject(decoder, zeroBridge);
      },
    ]),
  ),
  'LuongDecoder with input feeding': (cell) => {
    const inside = cell(2 * size, size);
    const linear = new Linear({ inputSize: 3 * size, outputSize: size, rng: rng() });
    const readout = new TanhReadout({ linear, of: deepReadout });
    const options = { inputSize: size, valueSize: size, score: scores['GeneralScore']!(), readout };
    const decoder = new LuongDecoder({ ...options, cell: inside });
    return decoderSubject(decoder, new LinearBridge({ inputSize: size, cell: inside, rng: rng() }));
  },
  'LuongDecoder without input feeding': (cell) => {
    const options = { inputSize: size, valueSize: size, score: scores['CoverageScore']!() };
    return decoderSubject(new LuongDecoder({ ...options, cell: cell(size, size), inputFeeding: false }), zeroBridge);
  },
  FixedContextDecoder: (cell) => {
    const decoder = new FixedContextDecoder({ cell: cell(2 * size, size), contextSize: size });
    return decoderSubject(decoder, zeroBridge);
  },
  'PlainDecoder from a vector': (cell) => {
    const decoder = new PlainDecoder({ cell: cell(size, size) });
    const bridge = new LinearBridge({ inputSize: size, cell: decoder.cell, rng: rng() });
    return {
      model: { decoder, bridge },
      run: ({ xs, mask, source }) => {
        const vector = vectorSource(source.slice(1, 0, 1).squeeze(1));
        return decoderSubject(decoder, { start: (_, inside) => bridge.start(vector, inside) }).run({
          xs,
          mask,
          source,
          sourceMask: undefined,
        });
      },
    };
  },
  'EncoderDecoder with attention and tied weights': (cell) => tokenSubject(cell, 1),
  'EncoderDecoder that reads its own tokens': (cell) => tokenSubject(cell, 0),
};

/** A [batch, time] mask of the given lengths. */
export function lengthsMask(lengths: readonly number[], time: number): Tensor {
  return tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));
}
