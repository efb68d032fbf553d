/** Save, load and exchange models. */
export { encodeModel, decodeModel, type EncodeModelOptions, type DecodedModel } from './model-file.ts';
export { stateDict, stateDictSync, type StateDict } from './state-dict.ts';
export { loadStateDict, StateMismatchError, type LoadStateDictOptions } from './load-state-dict.ts';
export { encodeSafetensors } from './safetensors/encode.ts';
export { decodeSafetensors, type SafetensorsFile } from './safetensors/decode.ts';
export {
  SAFETENSORS_DTYPES,
  type SafetensorsDType,
  type SafetensorsArrays,
  type SafetensorsTensor,
} from './safetensors/dtypes.ts';
export { SafetensorsError, type SafetensorsProblem } from './safetensors/error.ts';
export type { Named } from './named.ts';
export { fromTorchNames, toTorchNames } from './interop/torch.ts';
export {
  kerasSimpleRnnWeights,
  kerasLstmWeights,
  kerasGruWeights,
  type KerasRecurrentWeights,
} from './interop/keras.ts';
export {
  onnxRnnWeights,
  onnxGruWeights,
  onnxLstmWeights,
  type OnnxRecurrentWeights,
  type OnnxWeightsOptions,
} from './interop/onnx.ts';
export { reorderGates, type Weights } from './interop/gates.ts';
