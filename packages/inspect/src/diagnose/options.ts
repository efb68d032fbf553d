import type { Optimizer } from '@unroll/optim';
import type { Rng, Tensor, TensorTree } from '@unroll/tensor';
import type { BatchSource, FitOptions } from '@unroll/training';

/** What is known of the tokens. */
export interface VocabularyFacts {
  /** How many there are, specials included. */
  readonly size?: number | undefined;
  /** The token that stands for all that are not known. */
  readonly unknown?: number | undefined;
  /** The token that fills up. */
  readonly padding?: number | undefined;
}

export interface DiagnoseOptions<Batch, Carry extends TensorTree> {
  readonly model: object;
  /** As for `fit`. Called several times; it must not change anything. */
  readonly loss: FitOptions<Batch, Carry>['loss'];
  /** What the loss is tried on: the next batches of a source, which stands afterwards where it stood, or one batch. */
  readonly data: { readonly source: BatchSource<Batch> } | { readonly batch: Batch };
  /** For dropout in the loss; it is not moved. Default: from a fixed seed. */
  readonly rng?: Rng | undefined;
  /** One step is tried and taken back. Default: nothing is said about learning rates. */
  readonly optimizer?: Optimizer | undefined;
  /** The rate of the step that is tried: the highest, where a schedule warms up. Default: that of the optimizer's next step. */
  readonly learningRate?: number | undefined;
  /** As for `fit`. */
  readonly clipNorm?: number | undefined;
  /** The number of classes, where the loss is a mean cross-entropy over them: by chance it is log(classes). */
  readonly classes?: number | undefined;
  readonly vocabulary?: VocabularyFacts | undefined;
  /** [batch, time], 1 live and 0 padding. Default: the tensor named `mask` in the batch, else where `vocabulary.padding` stands at an end. */
  readonly mask?: ((batch: Batch) => Tensor) | undefined;
  /** Over how many steps the task wants something to be remembered. Default: the gradient is to live for two steps. */
  readonly reach?: number | undefined;
}
