import { Projected, type RecurrentCell } from '@unroll/cells';
import { everyWrapper } from '@unroll/cells/conformance';
import { Linear } from '@unroll/layers';
import { Rng } from '@unroll/tensor';
import { AttentionDecoder } from '../attention/attention-decoder.ts';
import { GeneralScore } from '../attention/general.ts';
import { Bidirectional } from '../bidirectional.ts';
import { hiddenOf } from '../hidden-of.ts';
import { zeroBridge } from '../seq2seq/bridge.ts';
import { Stacked } from '../stacked.ts';
import { Unidirectional } from '../unidirectional.ts';
import { type MakeCell, type Subject, decoderSubject, layerSubject, size } from './every-architecture.ts';

const architectures: Readonly<Record<string, (cell: () => RecurrentCell) => Subject>> = {
  Unidirectional: (cell) => layerSubject(new Unidirectional({ cell: cell() })),
  Bidirectional: (cell) => layerSubject(new Bidirectional({ forwardCell: cell(), backwardCell: cell() })),
  Stacked(cell) {
    const [rng, below, above] = [new Rng(3), cell(), cell()];
    const between = new Linear({ inputSize: below.outputSize, outputSize: above.inputSize, rng });
    const layers = [below, new Projected({ cell: above, input: between })];
    return layerSubject(new Stacked({ layers: layers.map((one) => new Unidirectional({ cell: one })), dropout: 0.3 }));
  },
  AttentionDecoder(cell) {
    const [inside, valueSize] = [cell(), 2];
    const querySize = hiddenOf(inside.initialState(1)).shape[1]!;
    const score = new GeneralScore({ querySize, keySize: valueSize, rng: new Rng(3) });
    const decoder = new AttentionDecoder({ cell: inside, score, valueSize });
    return { ...decoderSubject(decoder, zeroBridge), sourceSize: valueSize };
  },
};

/** Every wrapper around a cell, in every kind of architecture. */
export const everyWrappedArchitecture: Readonly<Record<string, (cell: MakeCell) => Subject>> = Object.fromEntries(
  Object.entries(everyWrapper).flatMap(([wrapperName, wrap]) =>
    Object.entries(architectures).map(([name, make]) => [
      `${name} of ${wrapperName}`,
      (cell: MakeCell) => make(() => wrap(cell(size, size), new Rng(2))),
    ]),
  ),
);
