import type { State } from '@unroll/cells';
import type { TensorTree } from '@unroll/tensor';
import type { Prefix, WrittenToken } from './hypothesis.ts';
import type { RowScores } from './row-scores.ts';
import type { TokenModel } from './token-model.ts';
import { TokenRunner } from './token-runner.ts';

/** A live hypothesis, and which of the hypotheses before it goes on. */
export interface LiveHypothesis {
  readonly prefix: Prefix;
  /** Its position among the live ones of the step before. */
  readonly parent: number;
}

/** What is written about one input: the decisions, without the model. */
export interface Track {
  /** Those that want scores for their next token; none when it is over. */
  readonly live: readonly LiveHypothesis[];
  /** One token more. Row `firstRow + i` holds the scores of what may follow the i-th live hypothesis. */
  advance(scores: RowScores, firstRow: number): void;
  /** Tokens that are certain now and were not before. */
  settle(): readonly number[];
}

/** How tracks are run. */
export interface RunOptions<M extends TensorTree, S extends State> {
  readonly model: TokenModel<M, S>;
  /** What is read first. */
  readonly start: number;
  /** Live hypotheses that a track has at most. */
  readonly width: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a track for each input to its end, all side by side: every live hypothesis of every input is a row of one step. Gives tokens as they
 * become certain. Inputs that are done are dropped, now and then, so that no step is much wider than need be.
 */
export async function* runTracks<M extends TensorTree, S extends State>(
  tracks: readonly Track[],
  { model, start, width, signal }: RunOptions<M, S>,
): AsyncGenerator<WrittenToken, void, undefined> {
  signal?.throwIfAborted();
  let slots = tracks.map((_, input) => input);
  const runner = new TokenRunner(model, rowsOf(slots, width));
  try {
    // Rows without a hypothesis read the start again: they cost nothing more, and nobody looks at them.
    let tokens = new Int32Array(slots.length * width).fill(start);
    let parents = rowsOf(
      slots.map((_, slot) => slot),
      width,
    ).map((slot) => slot * width);
    while (slots.some((input) => tracks[input]!.live.length > 0)) {
      signal?.throwIfAborted();
      const scores = await runner.step(tokens, parents);
      for (const [slot, input] of slots.entries()) {
        const track = tracks[input]!;
        if (track.live.length === 0) continue;
        track.advance(scores, slot * width);
        for (const token of track.settle()) yield { input, token };
      }
      const alive = [...slots.keys()].filter((slot) => tracks[slots[slot]!]!.live.length > 0);
      if (alive.length > 0 && alive.length <= slots.length / 2) {
        runner.choose(rowsOf(alive, width).map((slot, row) => slot * width + (row % width)));
        slots = alive.map((slot) => slots[slot]!);
        tokens = new Int32Array(slots.length * width).fill(start);
        parents = new Int32Array(slots.length * width);
      }
      for (const [slot, input] of slots.entries()) {
        const first = slot * width;
        tokens.fill(start, first, first + width);
        parents.fill(first, first, first + width);
        for (const [i, { prefix, parent }] of tracks[input]!.live.entries()) {
          tokens[first + i] = prefix.token;
          parents[first + i] = first + parent;
        }
      }
    }
  } finally {
    runner.dispose();
  }
}

/** The value a generator ends with. */
export async function resultOf<T>(generator: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return value;
  }
}

/** `width` rows for each. */
function rowsOf(indices: readonly number[], width: number): Int32Array {
  return Int32Array.from({ length: indices.length * width }, (_, row) => indices[Math.floor(row / width)]!);
}
