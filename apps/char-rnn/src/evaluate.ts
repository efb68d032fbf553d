import { disposeState } from '@unroll/cells';
import { type TokenArray, type Vocabulary, languageModelStreams } from '@unroll/data';
import { crossEntropySum } from '@unroll/layers';
import { UnrollError, scope } from '@unroll/tensor';
import type { CharRnn, CharRnnState } from './model.ts';

export interface EvaluateOptions {
  readonly model: CharRnn;
  readonly vocabulary: Vocabulary;
  /** The text, encoded; at least two characters. */
  readonly tokens: TokenArray;
  /**
   * Into how many streams the text is cut. Each begins with an empty state, so 1 is exact; more are faster and, for a long text,
   * nearly the same. Default 1.
   */
  readonly streams?: number;
  /** Ends it early, with the reason of the signal as an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface Evaluation {
  /** −log p of a character given all before it, on average. */
  readonly natsPerCharacter: number;
  /** How many characters that is the average of. */
  readonly characters: number;
}

/** Steps at a time; bounds the memory, changes no result. */
const TIME = 128;
/** Milliseconds of work after which timers and input get a turn. */
const TURN = 50;

/**
 * How well a model foretells a text. The state is carried through the whole text. Characters that the model does not know are read
 * as unknown and not counted: no model can be blamed for a character that it never saw.
 * @throws UnrollError INVALID_ARGUMENT if there is nothing to foretell
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { model, vocabulary, tokens, streams = 1, signal } = options;
  const unknown = vocabulary.specials.includes('unk') ? vocabulary.unkId : -1;
  let state: CharRnnState | undefined;
  let total = 0;
  let characters = 0;
  let turn = performance.now();
  try {
    const chunks = languageModelStreams(tokens, { batch: streams, time: TIME, keepLast: true });
    for (let position = 0; position < chunks.chunksPerPass; position++) {
      signal?.throwIfAborted();
      const before = state;
      const { loss, counted, after } = scope(() => {
        const { inputs, targets } = chunks.chunkAt(position);
        const [logits, after] = model.forward(inputs, { state: before });
        const counted = targets.equal(unknown).equal(0).cast('float32').sum();
        return { loss: crossEntropySum(logits, targets, { ignoreIndex: unknown }), counted, after };
      });
      if (before) disposeState(before);
      state = after;
      total += (await loss.data())[0]!;
      characters += (await counted.data())[0]!;
      loss.dispose();
      counted.dispose();
      if (performance.now() - turn > TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turn = performance.now();
      }
    }
  } finally {
    if (state) disposeState(state);
  }
  if (characters > 0) return { natsPerCharacter: total / characters, characters };
  throw new UnrollError('INVALID_ARGUMENT', 'evaluate: the model knows none of the characters to foretell.');
}
