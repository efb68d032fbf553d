import { type LoopAttrs, type LoopOp, type Primitive, type Signature, inferSignatures } from '@unroll/backend';
import { Graph } from './graph.ts';
import type { Value } from './value.ts';

interface Requests extends LoopAttrs {
  leaf: Signature & { readonly name: string; readonly depends: number };
  /** A number that is known, as often as the shape says. */
  number: Signature & { readonly number: number };
}

/** What a step may ask of a graph while it is traced: an op, or a value that no op of it makes. */
type Request = {
  readonly [R in keyof Requests]: { readonly request: R; readonly attrs: Requests[R] };
}[keyof Requests];

/** What a step asked for, and what it was given. */
interface Answer {
  readonly request: Request;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** All that a step asked for, in order, and the graph that came of it. */
export interface Trace {
  readonly graph: Graph;
  readonly answers: readonly Answer[];
}

/**
 * The graph of a step that is traced. A step mostly does what it did the time before: as long as it asks for the same in the same order,
 * it is given the same values, and none is made. From the first difference on it has a graph of its own, as if there
 * had been no trace before.
 */
export class Tracer {
  #graph: Graph;
  /** While the step does what it did before. */
  #before: Trace | undefined;
  #answered = 0;
  #answers: Answer[] = [];
  /** The values in place of those that were given of the trace before. */
  readonly #own: Map<Value, Value> = new Map();

  constructor(graph: Graph, before?: Trace) {
    this.#graph = before?.graph ?? graph;
    this.#before = before;
  }

  leaf(name: string, { shape, dtype }: Signature, depends: number): Value {
    return this.#ask({ request: 'leaf', attrs: { name, shape, dtype, depends } }, [])[0]!;
  }

  number(number: number, { shape, dtype }: Signature): Value {
    return this.#ask({ request: 'number', attrs: { number, shape, dtype } }, [])[0]!;
  }

  /** The outputs of an op. */
  make<Op extends LoopOp>(
    op: Op,
    inputs: readonly Value[],
    attrs: LoopAttrs[Op],
    signatures?: readonly Signature[],
  ): readonly Value[] {
    return this.#ask({ request: op, attrs } as Request, inputs, signatures);
  }

  /** Whether the step did just what it did before. */
  isSame(): boolean {
    return this.#before?.answers.length === this.#answered;
  }

  /** The trace, when the step has ended. */
  end(): Trace {
    if (this.#before && this.isSame()) return this.#before;
    this.#depart();
    return { graph: this.#graph, answers: this.#answers };
  }

  /** Asks for what another tracer was asked for, with other leaves in the place of some. `own` gives what became of its values. */
  repeat(answers: Trace['answers'], leaves?: ReadonlyMap<Value, Requests['leaf']>): void {
    for (const { request, inputs, outputs } of answers) {
      const other = request.request === 'leaf' ? leaves?.get(outputs[0]!) : undefined;
      const own = inputs.map((input) => this.own(input));
      const made = this.#answer(other ? { request: 'leaf', attrs: other } : request, own);
      for (const [i, value] of made.entries()) this.#own.set(outputs[i]!, value);
    }
  }

  /** A value that the step was given, in the graph of its trace. */
  own(value: Value): Value {
    return this.#own.get(value) ?? value;
  }

  #ask(request: Request, inputs: readonly Value[], signatures?: readonly Signature[]): readonly Value[] {
    if (this.#before) {
      const known = this.#before.answers[this.#answered];
      if (known && isSame(known.request, request) && isSameList(known.inputs, inputs)) {
        this.#answered++;
        return known.outputs;
      }
      this.#depart();
    }
    const own = inputs.map((input) => this.own(input));
    // Whoever wrote the step may write to its arrays.
    return this.#answer(copyOf(request), own, signatures);
  }

  #answer(request: Request, inputs: readonly Value[], signatures?: readonly Signature[]): readonly Value[] {
    const outputs = answer(this.#graph, request, inputs, signatures);
    this.#answers.push({ request, inputs, outputs });
    return outputs;
  }

  /** Goes on with a graph of its own. */
  #depart(): void {
    const before = this.#before;
    if (!before) return;
    this.#before = undefined;
    this.#graph = new Graph();
    this.repeat(before.answers.slice(0, this.#answered));
  }
}

function answer(
  graph: Graph,
  { request, attrs }: Request,
  inputs: readonly Value[],
  signatures?: readonly Signature[],
): readonly Value[] {
  if (request === 'leaf') return [graph.leaf(attrs.name, attrs, attrs.depends)];
  if (request === 'number') {
    const scalar = graph.constant(attrs.number, attrs.dtype);
    return [attrs.shape.length === 0 ? scalar : graph.apply('broadcast', [scalar], { shape: attrs.shape })];
  }
  if (request === 'detach') return graph.make(request, inputs, attrs, inputs);
  return graph.make(request, inputs, attrs, signatures ?? inferSignatures(request as Primitive, inputs, attrs));
}

function isSame(a: Request, b: Request): boolean {
  return a.request === b.request && areSameAttrs(a.attrs, b.attrs);
}

type Attrs = Readonly<Record<string, unknown>>;

function areSameAttrs(a: object, b: object): boolean {
  const [x, y] = [a as Attrs, b as Attrs];
  for (const name in x) {
    const [own, other] = [x[name], y[name]];
    if (!(Array.isArray(own) && Array.isArray(other) ? isSameList(own, other) : Object.is(own, other))) return false;
  }
  for (const name in y) if (!(name in x)) return false;
  return true;
}

/** Whether two lists hold the same things. */
export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function copyOf({ request, attrs }: Request): Request {
  const copies = Object.entries(attrs).map(([name, value]) => [name, Array.isArray(value) ? value.slice() : value]);
  return { request, attrs: Object.fromEntries(copies) } as Request;
}
