import type { Backend } from '@unroll/backend';
import { type Parameter, type Tensor, type TypedArray, keep, scope, tensor } from '@unroll/tensor';

/** Parameters whose values are copied to other backends for a while, and come back as they were, to the bit. */
export class ParametersOnLoan {
  readonly #parameters: readonly Parameter[];
  readonly #originals: readonly Tensor[];
  readonly #data: readonly TypedArray[];

  private constructor(parameters: readonly Parameter[], originals: readonly Tensor[], data: readonly TypedArray[]) {
    this.#parameters = parameters;
    this.#originals = originals;
    this.#data = data;
  }

  static async take(parameters: readonly Parameter[]): Promise<ParametersOnLoan> {
    const originals = parameters.map(({ value }) => scope(() => keep(value.detach())));
    try {
      const data = await Promise.all(originals.map((value) => value.data()));
      return new ParametersOnLoan(parameters, originals, data);
    } catch (error) {
      for (const value of originals) value.dispose();
      throw error;
    }
  }

  /** The values as they were, on `backend`. */
  moveTo(backend: Backend): void {
    for (const [i, parameter] of this.#parameters.entries()) {
      const { shape } = this.#originals[i]!;
      parameter.value = scope(() => keep(tensor(this.#data[i]!, { shape, backend })));
    }
  }

  giveBack(): void {
    for (const [i, parameter] of this.#parameters.entries()) {
      const original = this.#originals[i]!;
      parameter.value = scope(() => keep(original.detach()));
      original.dispose();
    }
  }
}
