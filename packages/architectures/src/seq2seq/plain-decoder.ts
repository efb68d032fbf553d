import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import type { Tensor } from '@unroll/tensor';
import { type Decoder, DecoderCell } from './decoder.ts';

export interface PlainDecoderOptions<C extends State> {
  readonly cell: RecurrentCell<C>;
}

/** A decoder that knows of its source by the state that it starts from, and by nothing else (Sutskever, Vinyals & Le 2014). */
export class PlainDecoder<C extends State = State> implements Decoder<readonly [], C, C> {
  readonly cell: RecurrentCell<C>;

  constructor({ cell }: PlainDecoderOptions<C>) {
    checkCell('PlainDecoder', cell);
    this.cell = cell;
  }

  get inputSize(): number {
    return this.cell.inputSize;
  }

  get outputSize(): number {
    return this.cell.outputSize;
  }

  /** Nothing. */
  remember(): readonly [] {
    return [];
  }

  over(memory: readonly []): RecurrentCell<C> {
    return new DecoderCell(this, memory);
  }

  startFrom(state: C): C {
    return state;
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  stepOver(_memory: readonly [], cell: RecurrentCell<C>, x: Tensor, state: C): readonly [y: Tensor, next: C] {
    return cell.step(x, state);
  }
}
