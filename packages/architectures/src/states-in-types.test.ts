import { GruCell, LstmCell, type LstmState, StackedCells, type State, Zoneout, scan } from '@unroll/cells';
import { Linear } from '@unroll/layers';
import { Rng, type Tensor } from '@unroll/tensor';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { Bidirectional, type BothDirections } from './bidirectional.ts';
import { ManyToMany } from './many-to-many.ts';
import { ManyToOne } from './many-to-one/many-to-one.ts';
import { lastState } from './many-to-one/pooling.ts';
import { gru, lstm } from './presets.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import type { EncoderDecoder } from './seq2seq/encoder-decoder.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';

const rng = new Rng(1);
const cell = (inputSize: number): LstmCell => new LstmCell({ inputSize, hiddenSize: 4, rng });
const xs = rng.normal([2, 3, 4]);

describe('the type of a state', () => {
  it('is known through layers on top of each other', () => {
    const both = new Bidirectional({
      forwardCell: cell(4),
      backwardCell: new GruCell({ inputSize: 4, hiddenSize: 4, rng }),
    });
    const layer = new Stacked({ layers: [both, new Unidirectional({ cell: cell(8) })] });
    const [, final] = layer.forward(xs);
    expectTypeOf(final).toEqualTypeOf<readonly [BothDirections<LstmState, Tensor>, LstmState]>();
    expect(final[0].forward.c.shape).toEqual([2, 4]);
    expect(final[0].backward.shape).toEqual([2, 4]);
    expect(final[1].h.shape).toEqual([2, 4]);
  });

  it('is known through cells on top of each other, and wrappers', () => {
    const cells = new StackedCells({ cells: [cell(4), new Zoneout({ cell: cell(4), rate: 0.1 })] });
    const [, final] = scan(cells, xs);
    expectTypeOf(final).toEqualTypeOf<readonly [LstmState, LstmState]>();
    expect(final[1].c.shape).toEqual([2, 4]);
  });

  it('is known of lstm and gru, in both directions too, and behind an output', () => {
    const deep = new ManyToMany({
      layer: lstm({ inputSize: 4, hiddenSize: 4, layers: 2, rng }),
      output: new Linear({ inputSize: 4, outputSize: 1, rng }),
    });
    expectTypeOf(deep.forward(xs)[1]).toEqualTypeOf<readonly LstmState[]>();
    const sides = gru({ inputSize: 4, hiddenSize: 4, bidirectional: true, rng });
    expectTypeOf(sides.forward(xs)[1]).toEqualTypeOf<readonly BothDirections<Tensor, Tensor>[]>();
    expect(sides.forward(xs)[1][0]!.backward.shape).toEqual([2, 4]);
    const bidirectional = rng.next() < 2;
    const either = gru({ inputSize: 4, hiddenSize: 4, bidirectional, rng });
    expectTypeOf(either.forward(xs)[1]).toEqualTypeOf<readonly (Tensor | BothDirections<Tensor, Tensor>)[]>();
  });

  it('need not be said in a field, nor of layers in a list', () => {
    class Model {
      readonly classifier: ManyToOne;
      readonly tower: Stacked;
      readonly translator: EncoderDecoder | undefined;
      constructor(layers: SequenceLayer[]) {
        this.tower = new Stacked({ layers });
        this.classifier = new ManyToOne({ layer: lstm({ inputSize: 4, hiddenSize: 4, rng }), pooling: lastState() });
      }
    }
    const model = new Model([new Unidirectional({ cell: cell(4) })]);
    expectTypeOf(model.tower.forward(xs)[1]).toEqualTypeOf<readonly State[]>();
    expect(model.classifier.forward(xs)[0].shape).toEqual([2, 4]);
  });
});
