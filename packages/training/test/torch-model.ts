import type { EncodedTensor, NamedTensors } from '@unroll/fixtures';
import { decodeTensor } from '@unroll/fixtures';
import { type SafetensorsTensor, loadStateDict } from '@unroll/io';
import type { Optimizer } from '@unroll/optim';
import { type DType, type Parameter, type Tensor, castParameters, keep, namedParameters } from '@unroll/tensor';

/** A golden model under test: its parameters by PyTorch's names. */
export class TorchModel<Model extends object> {
  readonly model: Model;
  readonly parameters: ReadonlyMap<string, Parameter>;

  /** @param torchName what PyTorch calls a parameter of the model */
  constructor(model: Model, dtype: DType, params: NamedTensors, torchName: (name: string) => string) {
    this.model = castParameters(model, dtype);
    const ours = new Map(namedParameters(model).map(([name]) => [torchName(name), name]));
    const entries = Object.entries(params).map(([name, value]) => [name, entry(value)] as const);
    loadStateDict(model, new Map(entries), { rename: (name) => ours.get(name) ?? name });
    this.parameters = new Map(namedParameters(model).map(([name, parameter]) => [torchName(name), parameter]));
  }
}

function entry(encoded: EncodedTensor): SafetensorsTensor {
  const { shape, data } = decodeTensor(encoded);
  return { dtype: 'F64', shape, data };
}

/** The gradients of the first step that an optimizer takes. */
export function firstGradients(optimizer: Optimizer): ReadonlyMap<Parameter, Tensor> {
  const first = new Map<Parameter, Tensor>();
  const step = optimizer.step.bind(optimizer);
  optimizer.step = (gradients, options) => {
    for (const [i, parameter] of optimizer.parameters.entries()) {
      if (!first.has(parameter)) first.set(parameter, keep(gradients[i]!.detach()));
    }
    step(gradients, options);
  };
  return first;
}
