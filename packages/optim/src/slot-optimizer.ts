import { type Parameter, type Tensor, UnrollError, isRecording, keep, scope, tensor } from '@unroll/tensor';
import { dtypeOf, formatShape, sameShape } from '@unroll/backend';
import { checkHyper, checkParameters } from './checks.ts';
import type { Optimizer, OptimizerOptions, OptimizerState, SavedTensor, StepOptions } from './optimizer.ts';
import type { Schedule } from './schedules/schedule.ts';

/** What an optimizer remembers of one parameter from step to step, by name: `{ firstMoment, secondMoment }`. */
export type Slots = Readonly<Record<string, Tensor>>;

/** Of which step an update is. */
export interface UpdateContext {
  readonly learningRate: number;
  /** Counted from 1. */
  readonly step: number;
}

/** What an update is made from. */
export interface Update<S extends Slots> {
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly slots: S;
}

/** Elements of parameters that are updated together: their new values exist beside the old ones. */
const TOGETHER = 2 ** 18;

/**
 * An optimizer that treats each parameter on its own and remembers tensors of the parameter's shape. A subclass gives the
 * equation; this class keeps and frees memory, counts, saves and restores.
 */
export abstract class SlotOptimizer<S extends Slots> implements Optimizer {
  readonly parameters: readonly Parameter[];
  readonly #name: string;
  readonly #learningRate: number | Schedule;
  #stepsTaken = 0;
  /** None before the first step, so that parameters may still be cast. */
  #slots: readonly S[] | undefined;

  /**
   * @param name stands in saved states and messages; `learningRate` is the default
   * @throws UnrollError INVALID_ARGUMENT for a model in the place of its parameters, or one listed twice
   */
  protected constructor(name: string, { parameters, learningRate }: Required<OptimizerOptions>) {
    checkParameters(name, parameters);
    if (new Set(parameters).size < parameters.length) {
      throw new UnrollError('INVALID_ARGUMENT', `${name}: a parameter is listed twice. List tied weights once.`);
    }
    if (typeof learningRate !== 'function')
      checkHyper(name, 'learningRate', learningRate, learningRate >= 0, 'a number from 0 on, or a schedule');
    this.#name = name;
    this.parameters = [...parameters];
    this.#learningRate = learningRate;
  }

  get stepsTaken(): number {
    return this.#stepsTaken;
  }

  get learningRate(): number {
    return typeof this.#learningRate === 'number' ? this.#learningRate : this.#learningRate(this.#stepsTaken);
  }

  /** What is remembered of a parameter before the first step; `zeros` of its shape, mostly. */
  protected abstract initialSlots(value: Tensor): S;

  /** A new value and new slots from the old ones. Pure: tensor ops only, inside a scope. */
  protected abstract update(
    value: Tensor,
    gradient: Tensor,
    slots: S,
    context: UpdateContext,
  ): readonly [value: Tensor, slots: S];

  /**
   * `update` of each of several small parameters, of one dtype and backend: for a subclass that knows a way to do all at once. As pure.
   */
  protected updateAll(
    updates: readonly Update<S>[],
    context: UpdateContext,
  ): readonly (readonly [value: Tensor, slots: S])[] {
    return updates.map(({ value, gradient, slots }) => this.update(value, gradient, slots, context));
  }

  step(gradients: readonly Tensor[], { learningRate = this.learningRate }: StepOptions = {}): void {
    this.#checkGradients(gradients);
    // Changed group by group: should an update throw, what is remembered is still there, and is given back.
    const slots = [...(this.#slots ?? this.#makeSlots())];
    this.#slots = slots;
    const context: UpdateContext = { learningRate, step: this.#stepsTaken + 1 };
    for (let first = 0, end = 0; first < this.parameters.length; first = end) {
      end = this.#endOfGroup(first);
      const group = this.parameters.slice(first, end);
      const old = slots.slice(first, end);
      scope(() => {
        const updates = group.map(({ value }, i) => ({ value, gradient: gradients[first + i]!, slots: old[i]! }));
        for (const [i, [value, next]] of this.updateAll(updates, context).entries()) {
          for (const slot of Object.values(next)) keep(slot);
          group[i]!.value = value;
          slots[first + i] = next;
        }
      });
      for (const [i, each] of old.entries()) freeSlots(each, slots[first + i]!);
    }
    this.#stepsTaken++;
  }

  async state(): Promise<OptimizerState> {
    const stepsTaken = this.#stepsTaken;
    const reads = (this.#slots ?? []).flatMap((slots, i) =>
      Object.entries(slots).map(async ([name, slot]): Promise<[string, SavedTensor]> => {
        return [`${i}.${name}`, { shape: slot.shape, data: await slot.data() }];
      }),
    );
    return { optimizer: this.#name, stepsTaken, tensors: Object.fromEntries(await Promise.all(reads)) };
  }

  restore(state: OptimizerState): void {
    if (state.optimizer !== this.#name) {
      throw this.#mismatch(`it was saved by ${state.optimizer}`, 'Make the optimizer that saved it.');
    }
    if (state.stepsTaken === 0) {
      this.dispose();
      return;
    }
    const names = new Set(Object.keys(state.tensors));
    const sources = this.parameters.map((parameter, i) => {
      const own = scope(() => Object.keys(this.initialSlots(parameter.value)));
      return own.map((name) => {
        names.delete(`${i}.${name}`);
        return [name, this.#savedFor(parameter, `${i}.${name}`, state)] as const;
      });
    });
    const [extra] = names;
    if (extra !== undefined) {
      throw this.#mismatch(`it holds ${extra}, which has no place here`, 'Give the same parameters and options.');
    }
    this.dispose();
    this.#slots = sources.map((own, i) => {
      const { backend } = this.parameters[i]!.value;
      const entries = own.map(([name, { shape, data }]) => [name, keep(tensor(data, { shape, backend }))]);
      return Object.fromEntries(entries) as S;
    });
    this.#stepsTaken = state.stepsTaken;
  }

  dispose(): void {
    for (const slots of this.#slots ?? []) freeSlots(slots, {});
    this.#slots = undefined;
    this.#stepsTaken = 0;
  }

  /** The first parameter after this one that is not updated together with it. */
  #endOfGroup(first: number): number {
    const { dtype, backend, size } = this.parameters[first]!.value;
    let [end, elements] = [first + 1, size];
    for (; end < this.parameters.length; end++) {
      const { value } = this.parameters[end]!;
      elements += value.size;
      if (elements > TOGETHER || value.dtype !== dtype || value.backend !== backend) break;
    }
    return end;
  }

  #makeSlots(): readonly S[] {
    return this.parameters.map(({ value }) =>
      scope(() => {
        const slots = this.initialSlots(value);
        for (const slot of Object.values(slots)) keep(slot);
        return slots;
      }),
    );
  }

  #savedFor({ value }: Parameter, name: string, { tensors }: OptimizerState): SavedTensor {
    const saved = tensors[name];
    if (!saved) throw this.#mismatch(`it holds no ${name}`, 'Give the same parameters and options, in the same order.');
    const dtype = dtypeOf(saved.data);
    if (!sameShape(saved.shape, value.shape) || dtype !== value.dtype) {
      throw this.#mismatch(
        `${name} is ${dtype} ${formatShape(saved.shape)}, the parameter is ${value.dtype} ${formatShape(value.shape)}`,
        'Give the same parameters, in the same order.',
      );
    }
    return saved;
  }

  #mismatch(what: string, remedy: string): UnrollError {
    return new UnrollError('STATE_MISMATCH', `${this.#name}: this state does not fit: ${what}. ${remedy}`);
  }

  #checkGradients(gradients: readonly Tensor[]): void {
    if (!Array.isArray(gradients)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `${this.#name}.step: the gradients are no list. Give the grads of valueAndGrad(loss, parameters).`,
      );
    }
    if (gradients.length !== this.parameters.length) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${this.#name}.step: ${gradients.length} gradients for ${this.parameters.length} parameters. Give one for each, in the same order.`,
      );
    }
    for (const [i, { value }] of this.parameters.entries()) {
      const gradient = gradients[i]!;
      if (!sameShape(gradient.shape, value.shape)) {
        throw new UnrollError(
          'SHAPE_MISMATCH',
          `${this.#name}.step: gradient ${i} is ${formatShape(gradient.shape)}, its parameter ${formatShape(value.shape)}. ` +
            'Take the gradients by the same list of parameters.',
        );
      }
      if (gradient.dtype !== value.dtype) {
        throw new UnrollError(
          'DTYPE_MISMATCH',
          `${this.#name}.step: gradient ${i} is ${gradient.dtype}, its parameter ${value.dtype}. Cast one.`,
        );
      }
    }
  }
}

/** Frees what is not used on. A recording may still need it; then the garbage collector takes it. */
function freeSlots(old: Slots, next: Slots): void {
  if (isRecording()) return;
  const used = Object.values(next);
  for (const slot of Object.values(old)) if (!used.includes(slot)) slot.dispose();
}
