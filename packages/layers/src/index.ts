/** Layers, activations, initializers and losses. */
export { linear, Linear, type LinearOptions } from './linear.ts';
export { embedding, Embedding, type EmbeddingOptions, type EmbeddingGradientOptions } from './embedding.ts';
export { dropout, dropoutMask, Dropout, type DropoutOptions, type DropoutCallOptions } from './dropout.ts';
export { layerNorm, LayerNorm, type LayerNormOptions, type LayerNormFunctionOptions } from './layer-norm.ts';
export type { Operand } from './operand.ts';
export {
  type Activation,
  leakyRelu,
  elu,
  silu,
  gelu,
  softplus,
  logSigmoid,
  softsign,
  hardSigmoid,
  hardTanh,
} from './activations.ts';
export { checkSizes } from './check-sizes.ts';
export { drawParameter } from './initializers/draw-parameter.ts';
export { type Initializer, constant, uniform, normal, perGate } from './initializers/initializer.ts';
export {
  type GainOptions,
  uniformFanIn,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
} from './initializers/fan.ts';
export { orthogonal } from './initializers/orthogonal.ts';
export {
  crossEntropy,
  crossEntropySum,
  crossEntropyPerToken,
  type CrossEntropyOptions,
} from './losses/cross-entropy.ts';
export { meanSquaredError, smoothL1, type SmoothL1Options } from './losses/regression.ts';
export { binaryCrossEntropyFromLogits, type BinaryCrossEntropyOptions } from './losses/binary-cross-entropy.ts';
export { activationRegularization, temporalActivationRegularization } from './losses/activation-regularization.ts';
export type { MaskOptions } from './losses/mask.ts';
