import { valueAndGradWithAux } from '@unroll/autograd';
import { disposeState, keepState } from '@unroll/cells';
import { languageModelStreams } from '@unroll/data';
import { crossEntropy } from '@unroll/layers';
import {
  type Parameter,
  type Tensor,
  UnrollError,
  keep,
  parametersOf,
  scope,
  withParameterValues,
} from '@unroll/tensor';
import type { EvaluateOptions, Evaluation } from '../evaluate.ts';
import type { CharRnnState } from '../model.ts';
import type { DynamicRule } from './rules.ts';

export interface EvaluateDynamicallyOptions extends EvaluateOptions {
  readonly rule: DynamicRule;
  /** Characters after which the weights follow. Default 20. */
  readonly time?: number;
}

/** Milliseconds of work after which timers and input get a turn. */
const TURN = 50;

/**
 * How well a model foretells a text while it learns from it: each segment is judged before its weights follow it, so nothing is foretold by what
 * is not yet read. Good where a text repeats itself: names, a style (Mikolov et al. 2010; Krause et al. 2018). The model itself stays as it is.
 * @throws UnrollError INVALID_ARGUMENT if there is nothing to foretell
 */
export async function evaluateDynamically(options: EvaluateDynamicallyOptions): Promise<Evaluation> {
  const { model, vocabulary, tokens, streams = 1, time = 20, rule, signal } = options;
  const unknown = vocabulary.specials.includes('unk') ? vocabulary.unkId : -1;
  const parameters = parametersOf(model);
  const trained = parameters.map((parameter) => keep(parameter.value.detach()));
  let weights = trained.map((weight) => keep(weight.detach()));
  let state: CharRnnState | undefined;
  let total = 0;
  let characters = 0;
  let turn = performance.now();
  try {
    const chunks = languageModelStreams(tokens, { batch: streams, time, keepLast: true });
    for (let position = 0; position < chunks.chunksPerPass; position++) {
      signal?.throwIfAborted();
      const [weightsBefore, stateBefore] = [weights, state];
      const { next, after, loss, counted } = scope(() => {
        const { inputs, targets } = chunks.chunkAt(position);
        const { value, grads, aux } = withParameterValues(pairs(parameters, weightsBefore), () =>
          valueAndGradWithAux(() => {
            const [logits, after] = model.forward(inputs, { state: stateBefore });
            return [crossEntropy(logits, targets, { ignoreIndex: unknown }), after];
          }, parameters),
        );
        const next = rule.next(weightsBefore, grads, trained);
        const counted = targets.equal(unknown).equal(0).cast('float32').sum();
        return { next: next.map((weight) => keep(weight)), after: keepState(aux), loss: value, counted };
      });
      if (stateBefore) disposeState(stateBefore);
      for (const weight of weightsBefore) weight.dispose();
      [weights, state] = [next, after];
      const count = (await counted.data())[0]!;
      total += (await loss.data())[0]! * count;
      characters += count;
      loss.dispose();
      counted.dispose();
      if (performance.now() - turn > TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turn = performance.now();
      }
    }
  } finally {
    if (state) disposeState(state);
    for (const weight of [...weights, ...trained]) weight.dispose();
    rule.dispose();
  }
  if (characters > 0) return { natsPerCharacter: total / characters, characters };
  throw new UnrollError('INVALID_ARGUMENT', 'evaluateDynamically: the model knows none of the characters to foretell.');
}

function pairs(parameters: readonly Parameter[], values: readonly Tensor[]): ReadonlyMap<Parameter, Tensor> {
  return new Map(parameters.map((parameter, i) => [parameter, values[i]!]));
}
