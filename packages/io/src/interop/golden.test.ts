import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GruCell,
  LstmCell,
  type LstmState,
  PeepholeLstmCell,
  type RecurrentCell,
  ResetBeforeGruCell,
  type State,
  VanillaCell,
  scan,
} from '@unroll/cells';
import { referenceFolder } from '@unroll/fixtures';
import { Rng, type Tensor, concat, tensor, tensorsOf, unstack, where, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { loadStateDict } from '../load-state-dict.ts';
import type { StateDict } from '../state-dict.ts';
import type { Weights } from './gates.ts';
import { kerasGruWeights, kerasLstmWeights, kerasSimpleRnnWeights } from './keras.ts';
import { onnxGruWeights, onnxLstmWeights, onnxRnnWeights } from './onnx.ts';

const rng = new Rng(1);

interface Encoded {
  readonly shape: readonly number[];
  /** Masks are booleans. */
  readonly data: readonly (number | boolean)[];
}

function read(name: string): { readonly cases: readonly never[] } | undefined {
  const folder = referenceFolder();
  const path = folder && join(folder, name);
  return path && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

const decode = ({ shape, data }: Encoded): Tensor => tensor(data.map(Number), { shape });
const weightsOf = ({ shape, data }: Encoded): Weights => ({ shape, data: Float32Array.from(data, Number) });

function expectClose(actual: Tensor, expected: Tensor, { atol = 1e-5, rtol = 1e-5 } = {}): void {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  for (const [i, value] of actual.dataSync().entries()) {
    expect(Math.abs(value - want[i]!), `element ${i}: ${value} instead of ${want[i]}`).toBeLessThanOrEqual(
      Math.max(atol + rtol * Math.abs(want[i]!), 2e-6),
    );
  }
}

function loaded<Cell extends RecurrentCell>(cell: Cell, state: StateDict): Cell {
  loadStateDict(cell, state);
  return cell;
}

/** The output of a state: h. */
const outputOf = (state: State): Tensor => ('h' in state ? (state as LstmState).h : (state as Tensor));

const onnx: { readonly cases: readonly OnnxCase[] } | undefined = read('onnx_rnn_cases.json');

interface OnnxCase {
  readonly name: string;
  readonly source: string;
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  readonly attributes: { readonly hidden_size: number; readonly direction?: string; readonly layout?: number };
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: Readonly<Record<string, Encoded>>;
}

describe.skipIf(!onnx)('weights of ONNX (skipped where the reference folder is absent)', () => {
  it.each(onnx?.cases ?? [])('$name, $source', ({ op, attributes, inputs, outputs }) => {
    const { hidden_size: hiddenSize, direction = 'forward', layout = 0 } = attributes;
    const [W, R] = [weightsOf(inputs['W']!), weightsOf(inputs['R']!)];
    const weights = { W, R, B: inputs['B'] && weightsOf(inputs['B']), P: inputs['P'] && weightsOf(inputs['P']) };
    const options = { inputSize: W.shape[2]!, hiddenSize, bias: weights.B !== undefined, rng };
    const cellFor = (index: number): RecurrentCell => {
      const at = { direction: index };
      if (op === 'RNN') return loaded(new VanillaCell(options), onnxRnnWeights(weights, at));
      if (op === 'GRU') return loaded(new ResetBeforeGruCell(options), onnxGruWeights(weights, at));
      const state = onnxLstmWeights(weights, at);
      return loaded(weights.P ? new PeepholeLstmCell(options) : new LstmCell(options), state);
    };
    const X = decode(inputs['X']!);
    const xs = layout === 1 ? X : X.transpose([1, 0, 2]);
    const [batch, time] = xs.shape as [number, number];
    const lengths = inputs['sequence_lens']?.data.map(Number);
    const mask =
      lengths && tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));
    const initial = inputs['initial_h'] && {
      h: decode(inputs['initial_h']).squeeze(0),
      c: decode(inputs['initial_c']!).squeeze(0),
    };
    const backwards = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
    const runs = backwards.map((reverse, index) => {
      const [ys, final] = scan(cellFor(index), reverse ? xs.reverse(1) : xs, {
        mask: reverse ? mask?.reverse(1) : mask,
        state: initial,
      });
      return { ys: reverse ? ys.reverse(1) : ys, final };
    });
    // ONNX: Y [time, directions, batch, hidden], states [directions, batch, hidden]; with layout 1 the batch comes first.
    const swap = (value: Tensor, order: readonly number[]): Tensor => (layout === 1 ? value.transpose(order) : value);
    const joined = (part: (run: (typeof runs)[number]) => Tensor): Tensor =>
      swap(
        concat(
          runs.map((run) => part(run).expandDims(0)),
          0,
        ),
        [1, 0, 2],
      );
    const actual: Readonly<Record<string, () => Tensor>> = {
      Y: () =>
        swap(
          concat(
            runs.map(({ ys }) => ys.transpose([1, 0, 2]).reshape([time, 1, batch, hiddenSize])),
            1,
          ),
          [2, 0, 1, 3],
        ),
      Y_h: () => joined(({ final }) => outputOf(final)),
      Y_c: () => joined(({ final }) => (final as LstmState).c),
    };
    for (const [name, expected] of Object.entries(outputs)) expectClose(actual[name]!(), decode(expected));
  });
});

const keras: { readonly cases: readonly KerasCase[] } | undefined = read('keras_rnn_golden.json');

interface KerasLayer {
  readonly class: 'SimpleRNN' | 'LSTM' | 'GRU' | 'Bidirectional';
  readonly args: readonly number[];
  readonly kwargs: KerasOptions;
}

interface KerasOptions {
  readonly kernel_initializer?: { readonly args: readonly number[] };
  readonly recurrent_initializer?: { readonly args: readonly number[] };
  readonly bias_initializer?: { readonly args: readonly number[] };
  readonly use_bias?: boolean;
  readonly unit_forget_bias?: boolean;
  readonly reset_after?: boolean;
  readonly go_backwards?: boolean;
  readonly stateful?: boolean;
  readonly return_sequences?: boolean;
  readonly zero_output_for_mask?: boolean;
  readonly merge_mode?: 'concat' | 'sum' | 'mul' | 'ave' | null;
  readonly layer?: KerasLayer;
  readonly backward_layer?: KerasLayer;
}

interface KerasCase extends KerasLayer {
  readonly test: string;
  readonly calls: readonly {
    readonly op: 'call' | 'reset_state';
    readonly args: readonly Encoded[];
    readonly kwargs: { readonly mask?: Encoded; readonly initial_state?: Encoded | readonly Encoded[] };
  }[];
  readonly output_path: readonly (number | string)[];
  readonly expected?: Encoded;
  readonly equals_output_path?: readonly string[];
  readonly tol?: { readonly atol: number; readonly rtol: number };
}

/** A layer of Keras in its own terms, with weights in its own order. */
function kerasCell({ class: kind, args, kwargs }: KerasLayer, inputSize: number): RecurrentCell {
  const units = args[0]!;
  const gates = { SimpleRNN: 1, LSTM: 4, GRU: 3, Bidirectional: 0 }[kind];
  const constant = (initializer: { readonly args: readonly number[] }, shape: readonly number[]): Weights => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)).fill(initializer.args[0]!),
  });
  const { use_bias = true, unit_forget_bias = true, reset_after = true } = kwargs;
  const biasShape = kind === 'GRU' && reset_after ? [2, gates * units] : [gates * units];
  const bias = use_bias ? constant(kwargs.bias_initializer!, biasShape) : undefined;
  if (kind === 'LSTM' && bias && unit_forget_bias) bias.data.fill(1, units, 2 * units);
  const weights = {
    kernel: constant(kwargs.kernel_initializer!, [inputSize, gates * units]),
    recurrentKernel: constant(kwargs.recurrent_initializer!, [units, gates * units]),
    bias,
  };
  const options = { inputSize, hiddenSize: units, bias: bias ? { hh: false } : false, rng };
  if (kind === 'SimpleRNN') return loaded(new VanillaCell(options), kerasSimpleRnnWeights(weights));
  if (kind === 'LSTM') return loaded(new LstmCell(options), kerasLstmWeights(weights));
  if (!reset_after) return loaded(new ResetBeforeGruCell(options), kerasGruWeights(weights));
  return loaded(new GruCell({ ...options, bias: use_bias }), kerasGruWeights(weights));
}

/** One direction: what Keras returns, and its state. Output at a masked step: what came before it, or 0. */
function runKeras(
  { kwargs, ...layer }: KerasLayer,
  cell: RecurrentCell,
  xs: Tensor,
  { mask, state }: { readonly mask: Tensor | undefined; readonly state: State | undefined },
): { readonly output: Tensor; readonly final: State } {
  const flip = (value: Tensor): Tensor => (kwargs.go_backwards ? value.reverse(1) : value);
  const live = mask && flip(mask);
  const [ys, final] = scan(cell, flip(xs), { mask: live, state });
  if (!kwargs.return_sequences) return { output: outputOf(final), final };
  if (!live || kwargs.zero_output_for_mask) return { output: ys, final };
  let held = zeros([xs.shape[0]!, layer.args[0]!]);
  const marks = live.split(1, live.shape[1]!);
  const outputs = unstack(ys, 1).map((y, t) => (held = where(marks[t]!, y, held)));
  return {
    output: concat(
      outputs.map((y) => y.expandDims(1)),
      1,
    ),
    final,
  };
}

describe.skipIf(!keras)('layers of Keras (skipped where the reference folder is absent)', () => {
  const cases = (keras?.cases ?? []).map((one, i) => ({ ...one, id: `${i} ${one.test} ${one.class}` }));

  it.each(cases)('$id', ({ calls, output_path: path, expected, equals_output_path: other, tol, ...layer }) => {
    const { kwargs } = layer;
    const isBoth = layer.class === 'Bidirectional';
    const forward = isBoth ? kwargs.layer! : layer;
    const backward = isBoth ? (kwargs.backward_layer ?? forward) : undefined;
    const inputSize = calls[0]!.args[0]!.shape[2]!;
    const parts = [
      forward,
      ...(backward ? [{ ...backward, kwargs: { ...backward.kwargs, go_backwards: true } }] : []),
    ].map((part) => ({ part, cell: kerasCell(part, inputSize) }));
    let states: readonly (State | undefined)[] = parts.map(() => undefined);
    let outputs: readonly Tensor[] = [];
    for (const { op, args, kwargs: how } of calls) {
      if (op === 'reset_state') {
        states = parts.map(() => undefined);
        continue;
      }
      const xs = decode(args[0]!);
      const given = how.initial_state && [how.initial_state].flat().map((one) => decode(one));
      const perPart = given ? given.length / parts.length : 0;
      const runs = parts.map(({ part, cell }, i) => {
        const own = given?.slice(i * perPart, (i + 1) * perPart);
        const initial = own && (own.length === 2 ? { h: own[0]!, c: own[1]! } : own[0]!);
        return runKeras(part, cell, xs, { mask: how.mask && decode(how.mask), state: initial ?? states[i] });
      });
      if (forward.kwargs.stateful) states = runs.map(({ final }) => final);
      const sequences = forward.kwargs.return_sequences ?? false;
      const results = runs.map(({ output }, i) => (i === 1 && sequences ? output.reverse(1) : output));
      outputs = isBoth ? merged(results, kwargs.merge_mode) : [...results, ...tensorsOf(runs[0]!.final)];
    }
    const pick = (steps: readonly (number | string)[]): Tensor =>
      steps.reduce<Tensor>(
        (value, step) =>
          typeof step === 'string' ? outputs[Number(step.replace('ret', ''))]! : value.slice(0, step, 1).squeeze(0),
        outputs[0]!,
      );
    expectClose(pick(path), expected ? decode(expected) : pick(other!), tol);
  });
});

function merged(results: readonly Tensor[], mode: KerasOptions['merge_mode'] = 'concat'): readonly Tensor[] {
  const [left, right] = results as [Tensor, Tensor];
  if (mode === null) return results;
  const modes = {
    concat: () => concat(results, -1),
    sum: () => left.add(right),
    mul: () => left.mul(right),
    ave: () => left.add(right).div(2),
  };
  return [modes[mode]()];
}
