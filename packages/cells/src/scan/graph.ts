import {
  type DType,
  type LoopAttrs,
  type LoopOp,
  type Primitive,
  type Signature,
  inferSignatures,
} from '@unroll/backend';
import { rewrite } from './normal-form.ts';
import { type Node, STATE, TOTAL, Value, isOverTime } from './value.ts';

/** The ops of one step. Equal ops on equal inputs are one node, and each node is brought to a normal form when it is made. */
export class Graph {
  /** Inputs come before what is made of them. */
  readonly nodes: Node[] = [];
  /** The dependency that keeps a value in the loop. What lacks it can be moved out, and the normal form keeps it apart. */
  loopBits: number = STATE;
  /** Whether what depends on no step is made once for many runs, so that it may be as large as it likes. */
  onceIsFree = false;
  readonly #values = new Map<string, readonly Value[]>();
  readonly #key: string[] = [];
  #count = 0;

  /** A given value. */
  leaf(name: string, { shape, dtype }: Signature, depends: number): Value {
    return this.#once(`${name}:${dtype}[${shape.join()}]`, () => [
      new Value(this.#count++, { shape, dtype }, depends, {}),
    ])[0]!;
  }

  /** A scalar that is known. */
  constant(constant: number, dtype: DType): Value {
    const text = Object.is(constant, -0) ? '-0' : String(constant);
    return this.#once(`${text}:${dtype}`, () => [new Value(this.#count++, { shape: [], dtype }, 0, { constant })])[0]!;
  }

  /** Zeros that are known to be zeros. */
  zeros({ shape, dtype }: Signature): Value {
    return this.apply('broadcast', [this.constant(0, dtype)], { shape });
  }

  /** The outputs of an op, in normal form. */
  make<Op extends LoopOp>(
    op: Op,
    inputs: readonly Value[],
    attrs: LoopAttrs[Op],
    signatures: readonly Signature[],
  ): readonly Value[] {
    return rewrite(this, { op, inputs, attrs }, signatures) ?? this.makeAsIs(op, inputs, attrs, signatures);
  }

  /** The same for a primitive with one output. */
  apply<P extends Exclude<Primitive, 'split'>>(op: P, inputs: readonly Value[], attrs: LoopAttrs[P]): Value {
    return this.make(op, inputs, attrs, inferSignatures(op, inputs, attrs))[0]!;
  }

  /** The outputs of exactly this op. */
  makeAsIs<Op extends LoopOp>(
    op: Op,
    inputs: readonly Value[],
    attrs: LoopAttrs[Op],
    signatures: readonly Signature[],
  ): readonly Value[] {
    return this.#once(`${op}(${inputs.map((input) => input.id).join()})${keyOf(attrs)}`, () => {
      const outputs: Value[] = [];
      const node: Node<Op> = { op, inputs, attrs, outputs };
      let depends = isOverTime(op) ? TOTAL : 0;
      if (depends === 0) for (const input of inputs) depends |= input.depends;
      for (const [index, signature] of signatures.entries()) {
        outputs.push(new Value(this.#count++, signature, depends, { node, index }));
      }
      this.nodes.push(node);
      return outputs;
    });
  }

  /** Equal keys mean equal graphs: shapes, dtypes, constants and all. */
  get key(): string {
    return this.#key.join(';');
  }

  #once(key: string, make: () => readonly Value[]): readonly Value[] {
    let values = this.#values.get(key);
    if (!values) {
      values = make();
      this.#values.set(key, values);
      this.#key.push(key);
    }
    return values;
  }
}

function keyOf(attrs: object): string {
  for (const _ in attrs) return JSON.stringify(attrs);
  return '';
}
