import { type State, Stream, disposeState, keepState } from '@unroll/cells';
import { type Backend, type Tensor, type TensorTree, getBackend, scope, tensor, tensorsOf } from '@unroll/tensor';
import { gatherRows } from '../gather-rows.ts';
import type { RowScores } from './row-scores.ts';
import { ScoringCell } from './scoring-cell.ts';
import type { TokenModel } from './token-model.ts';

/** So many milliseconds are decoded at a stretch before other work of the program gets a turn. */
const STRETCH = 50;

/** A model in the middle of many sequences: hypotheses of all inputs side by side, a row each, one call of the backend per step. */
export class TokenRunner<M extends TensorTree, S extends State> {
  readonly #model: TokenModel<M, S>;
  readonly #backend: Backend;
  #source = 0;
  #rows: Rows<M, S>;
  #turn: number = performance.now();

  /** `rows` says for each row which input it is about. */
  constructor(model: TokenModel<M, S>, rows: Int32Array) {
    const { memory, inputs } = model;
    let begun!: Rows<M, S>;
    let backend = getBackend();
    // Nothing is returned from the scope, so that it frees all but what is kept.
    scope(() => {
      const initial = model.state ?? model.over(memory).initialState(inputs);
      backend = [...tensorsOf(initial), ...tensorsOf(memory)][0]?.backend ?? backend;
      this.#source = model.alignmentOf?.(initial).shape[1] ?? 0;
      begun = this.#take(model, tensor(rows, { backend }), initial, memory);
    });
    this.#model = model;
    this.#backend = backend;
    this.#rows = begun;
  }

  /** Reads a token in each row, going on from the row of the step before that `parents` says. */
  async step(tokens: Int32Array, parents: Int32Array): Promise<RowScores> {
    const rows = tokens.length;
    const x = new Int32Array(2 * rows);
    for (let row = 0; row < rows; row++) {
      x[2 * row] = tokens[row]!;
      x[2 * row + 1] = parents[row]!;
    }
    if (performance.now() - this.#turn > STRETCH) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#turn = performance.now();
    }
    const y = scope(() => this.#rows.stream.step(tensor(x, { shape: [rows, 2], backend: this.#backend })));
    const data = this.#backend.downloadSync ? y.dataSync() : await y.data();
    return { data, vocabulary: y.shape[1]! - this.#source, source: this.#source };
  }

  /** Goes on with these rows alone, in this order. */
  choose(rows: Int32Array): void {
    const old = this.#rows;
    scope(() => {
      this.#rows = this.#take(this.#model, tensor(rows, { backend: this.#backend }), old.stream.state, old.memory);
    });
    letGo(old);
  }

  /** Gives all memory back that the runner took; the model's stays. */
  dispose(): void {
    letGo(this.#rows);
  }

  #take(model: TokenModel<M, S>, rows: Tensor, state: S, memory: M): Rows<M, S> {
    const kept = gatherRows(memory, rows);
    keepState<State>(kept);
    const cell = new ScoringCell({ cell: model.over(kept), alignmentOf: model.alignmentOf, source: this.#source });
    const stream = new Stream({ cell, batch: rows.shape[0]! });
    stream.reset(gatherRows(state, rows));
    return { memory: kept, stream };
  }
}

/** What is held for the rows. */
interface Rows<M extends TensorTree, S extends State> {
  readonly memory: M;
  readonly stream: Stream<S>;
}

function letGo({ memory, stream }: Rows<TensorTree, State>): void {
  stream.dispose();
  disposeState(memory);
}
