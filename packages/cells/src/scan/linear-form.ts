import { type LoopOp, sameShape } from '@unroll/backend';
import type { Graph } from './graph.ts';
import type { TracedStep } from './trace-step.ts';
import { STATE, type Value, isMadeBy, isZero } from './value.ts';

/** One leaf of a state that is linear in itself, element by element: next = factor∘state + term. */
export interface LinearLeaf {
  /** Which leaf of the state. */
  readonly index: number;
  /** Broadcasts to the shape of the leaf. Depends on inputs, on what is captured, and on leaves that come earlier in the list. */
  readonly factor: Value;
  /** As `factor`. */
  readonly term: Value;
}

/**
 * The leaves of a state in an order in which each is linear in itself once those before it are known; nothing if there is no such
 * order. The step itself says so, by its ops: whatever is made of the state by sums, by products with what does not depend on it, and
 * by choices that do not depend on it. So wrappers, masks and stacks of linear cells count too.
 */
export function linearLeaves(step: TracedStep): readonly LinearLeaf[] | undefined {
  const known = new Set<Value>();
  const leaves: LinearLeaf[] = [];
  // What is x of the step before is known before anything else.
  for (const [index, state] of step.states.entries()) {
    if (!step.delayed.has(state)) continue;
    leaves.push({ index, factor: step.graph.constant(0, state.dtype), term: step.next[index]! });
    known.add(state);
  }
  while (leaves.length < step.states.length) {
    const found = step.states.findIndex((state, index) => {
      if (known.has(state)) return false;
      const form = new LinearForms(step, known, state).of(step.next[index]!);
      if (form) leaves.push({ index, ...form });
      return form !== undefined;
    });
    if (found < 0) return undefined;
    known.add(step.states[found]!);
  }
  return leaves;
}

/** A value = factor∘state + term. */
interface LinearForm {
  readonly factor: Value;
  readonly term: Value;
}

/** Writes values of a step as linear forms of one leaf. */
class LinearForms {
  readonly #graph: Graph;
  readonly #known: ReadonlySet<Value>;
  readonly #state: Value;
  readonly #forms: Map<Value, LinearForm | undefined> = new Map();
  readonly #depends: Map<Value, boolean> = new Map();

  constructor({ graph }: TracedStep, known: ReadonlySet<Value>, state: Value) {
    this.#graph = graph;
    this.#known = known;
    this.#state = state;
  }

  of(value: Value): LinearForm | undefined {
    if (!this.#isOpen(value)) return { factor: this.#constant(0), term: value };
    if (!this.#forms.has(value)) this.#forms.set(value, this.#derive(value));
    return this.#forms.get(value);
  }

  /** Whether a value depends on a leaf that is not known yet. */
  #isOpen(value: Value): boolean {
    if ((value.depends & STATE) === 0 || this.#known.has(value)) return false;
    if (!value.node) return true;
    let result = this.#depends.get(value);
    if (result === undefined) {
      result = value.node.inputs.some((input) => this.#isOpen(input));
      this.#depends.set(value, result);
    }
    return result;
  }

  #derive(value: Value): LinearForm | undefined {
    if (value === this.#state) return { factor: this.#constant(1), term: this.#constant(0) };
    // Element by element: what moves or repeats elements is something else.
    if (!value.node || !sameShape(value.shape, this.#state.shape)) return undefined;
    const { op, inputs } = value.node;
    const [x, y] = inputs as [Value, Value];
    if (op === 'neg') return this.#map(this.of(x), (v) => this.#make('neg', v));
    if (op === 'add' || op === 'sub') {
      return this.#both(this.of(x), this.of(y), (a, b) => this.#make(op, a, b));
    }
    if (op === 'mul') {
      if (this.#isOpen(x) && this.#isOpen(y)) return undefined;
      const [form, factor] = this.#isOpen(x) ? [this.of(x), y] : [this.of(y), x];
      return this.#map(form, (v) => this.#make('mul', v, factor));
    }
    if (op === 'div') return this.#isOpen(y) ? undefined : this.#map(this.of(x), (v) => this.#make('div', v, y));
    if (isMadeBy(value, 'where')) {
      const [condition, chosen, other] = inputs as [Value, Value, Value];
      if (this.#isOpen(condition)) return undefined;
      return this.#both(this.of(chosen), this.of(other), (a, b) => this.#graph.apply('where', [condition, a, b], {}));
    }
    return undefined;
  }

  #map(form: LinearForm | undefined, fn: (value: Value) => Value): LinearForm | undefined {
    return form && { factor: fn(form.factor), term: fn(form.term) };
  }

  #both(
    one: LinearForm | undefined,
    other: LinearForm | undefined,
    fn: (a: Value, b: Value) => Value,
  ): LinearForm | undefined {
    return one && other && { factor: fn(one.factor, other.factor), term: fn(one.term, other.term) };
  }

  /** An op of arithmetic, without what 0 and 1 make needless. */
  #make(op: Extract<LoopOp, 'neg' | 'add' | 'sub' | 'mul' | 'div'>, x: Value, y?: Value): Value {
    if (!y) return isZero(x) ? x : this.#graph.apply(op, [x], {});
    if (op === 'add' && isZero(x)) return y;
    if ((op === 'add' || op === 'sub') && isZero(y)) return x;
    if (op === 'sub' && isZero(x)) return this.#graph.apply('neg', [y], {});
    if ((op === 'mul' || op === 'div') && isZero(x)) return x;
    if (op === 'mul' && x.constant === 1) return y;
    return this.#graph.apply(op, [x, y], {});
  }

  #constant(number: number): Value {
    return this.#graph.constant(number, this.#state.dtype);
  }
}
