import { type LoopEquation, type LoopProgram, type Shape, UnrollError, isFloat } from '@unroll/backend';
import { type Expression, Expressions, type Operand, type Reduced, type Source } from './expression.ts';
import { INT32 } from './formulas.ts';
import {
  type Counter,
  type Position,
  along,
  at,
  counter,
  flattened,
  plus,
  rangeOf,
  rootsOf,
  shifted,
  textOf,
  unflattened,
} from './position.ts';

/** Where a value lies, if it lies anywhere: in what component of what, from where on. */
export interface Place {
  readonly source: Source;
  readonly component: number;
  readonly start: Position;
}

/** Writes elements of the values of a program as expressions of elements that lie in memory. */
export class Elements {
  readonly expressions: Expressions = new Expressions();
  readonly #program: LoopProgram;
  readonly #definitions: ReadonlyMap<number, Definition>;
  readonly #constants: ReadonlyMap<number, number>;
  readonly #placeOf: (value: number) => Place | undefined;
  readonly #made = new Map<string, Expression>();

  constructor(
    program: LoopProgram,
    definitions: ReadonlyMap<number, Definition>,
    placeOf: (value: number) => Place | undefined,
  ) {
    this.#program = program;
    this.#definitions = definitions;
    this.#constants = new Map(program.constants.map(({ value, number }) => [value, Number(number)]));
    this.#placeOf = placeOf;
  }

  /** The element of a value at a position along each axis. */
  element(value: number, positions: readonly Position[]): Expression {
    const key = `${value}:${positions.map((position) => textOf(position)).join()}`;
    let element = this.#made.get(key);
    if (!element) this.#made.set(key, (element = this.#element(value, positions)));
    return element;
  }

  #element(value: number, positions: readonly Position[]): Expression {
    const number = this.#constants.get(value);
    if (number !== undefined && Number.isFinite(number)) return this.expressions.number(number);
    const place = this.#placeOf(value);
    if (place) {
      const position = plus(place.start, flattened(positions, this.#shapeOf(value)));
      return this.expressions.load(place.source, place.component, position);
    }
    const definition = this.#definitions.get(value);
    if (!definition) throw new UnrollError('INVALID_ARGUMENT', `gpujs: value ${value} of a loop is made nowhere.`);
    return this.#computed(definition, positions);
  }

  #shapeOf(value: number): Shape {
    return this.#program.values[value]!.shape;
  }

  #computed({ equation, index }: Definition, positions: readonly Position[]): Expression {
    const { op, inputs, attrs, outputs } = equation;
    const x = inputs[0]!;
    const shape = this.#shapeOf(outputs[index]!);
    const moved = (axis: number, by: number): Expression =>
      this.element(
        x,
        positions.map((position, i) => (i === axis ? shifted(position, by) : position)),
      );
    switch (op) {
      case 'detach':
        return this.element(x, positions);
      case 'cast': {
        const element = this.element(x, positions);
        const [from, to] = [this.#program.values[x]!.dtype, attrs.dtype];
        return isFloat(from) === isFloat(to) ? element : this.expressions.operation(`to ${to}`, element);
      }
      case 'matmul':
        return this.#product(equation, positions);
      case 'sum':
        return this.#reduced(this.#sumOf(x), x, attrs.axes, positions, outputs[0]!);
      case 'max':
        return this.#reduced(op, x, attrs.axes, positions, outputs[0]!);
      case 'argmax':
        return this.#reduced(op, x, [attrs.axis], positions, outputs[0]!);
      case 'broadcast':
        return this.element(x, stretched(positions, this.#shapeOf(x)));
      case 'reshape':
        return this.element(x, reshaped(positions, shape, this.#shapeOf(x)));
      case 'transpose':
        return this.element(
          x,
          attrs.order.map((_, axis) => positions[attrs.order.indexOf(axis)]!),
        );
      case 'reverse':
        return this.element(
          x,
          positions.map((position, axis) =>
            axis === attrs.axis ? plus(at(shape[axis]! - 1), negated(position)) : position,
          ),
        );
      case 'slice':
        return moved(attrs.axis, attrs.start);
      case 'split':
        return moved(
          attrs.axis,
          attrs.sizes.slice(0, index).reduce((sum, size) => sum + size, 0),
        );
      case 'pad': {
        const zero = this.expressions.number(0);
        const bounds = [attrs.before, attrs.before + this.#shapeOf(x)[attrs.axis]!] as const;
        const position = positions[attrs.axis]!;
        const choose = (bound: number, below: () => Expression, above: () => Expression): Expression =>
          this.#choice(position, bound, below, above);
        return choose(
          bounds[0],
          () => zero,
          () =>
            choose(
              bounds[1],
              () => moved(attrs.axis, -attrs.before),
              () => zero,
            ),
        );
      }
      case 'concat':
        return this.#concatenated(inputs, attrs.axis, positions);
      case 'gather': {
        const rank = this.#shapeOf(inputs[1]!).length;
        const row = this.#elementAsPosition(inputs[1]!, positions.slice(0, rank), this.#shapeOf(x)[0]!);
        return this.element(x, [row, ...positions.slice(rank)]);
      }
      case 'scatterAdd': {
        const indices = this.#shapeOf(inputs[1]!);
        return this.#over(this.#sumOf(x), indices, positions, (turns) => {
          const row = this.element(inputs[1]!, turns);
          const isHere = this.expressions.operation('equal', row, this.expressions.position(positions[0]!));
          const update = this.element(x, [...turns, ...positions.slice(1)]);
          const operands = [
            { value: x, element: update },
            { value: inputs[1]!, element: row },
          ];
          return { of: this.expressions.operation('where', isHere, update, this.expressions.number(0)), operands };
        });
      }
      case 'accumulate':
      case 'sumOverTime':
      case 'matmulOverTime':
      case 'scatterAddOverTime':
        throw new UnrollError('INVALID_ARGUMENT', `gpujs: ${op} is not an op of one step.`);
      case 'neg':
      case 'exp':
      case 'log':
      case 'sqrt':
      case 'tanh':
      case 'sigmoid':
      case 'relu':
      case 'erf':
      case 'sin':
      case 'cos':
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'maximum':
      case 'less':
      case 'equal':
      case 'where':
        break;
    }
    const operands = inputs.map((input) => this.element(input, stretched(positions, this.#shapeOf(input))));
    const { dtype } = this.#program.values[outputs[index]!]!;
    return this.expressions.operation(dtype === 'int32' ? `${INT32}${op}` : op, ...operands);
  }

  /** Integers are added one by one, each sum looked at: float32 would round large ones without a word. */
  #sumOf(value: number): Reduced {
    return isFloat(this.#program.values[value]!.dtype) ? 'sum' : 'int32 sum';
  }

  #product(
    { inputs, attrs, outputs }: LoopEquation & { readonly op: 'matmul' },
    positions: readonly Position[],
  ): Expression {
    const [a, b] = inputs as readonly [number, number];
    const batch = positions.slice(0, -2);
    const [row, column] = positions.slice(-2) as [Position, Position];
    const [innerOfA, innerOfB] = [attrs.transposeA ? 0 : 1, attrs.transposeB ? 1 : 0];
    const along2 = (inner: number, turn: Position, outer: Position): readonly Position[] =>
      inner === 0 ? [turn, outer] : [outer, turn];
    const depth = depthBelow(positions);
    // An operand of parts is never put together.
    const partsOfA = this.#partsAlong(a, batch.length + innerOfA);
    const partsOfB = this.#partsAlong(b, batch.length + innerOfB);
    const parts =
      partsOfA.length > 1
        ? partsOfA.map((part) => ({ ...part, a: part.value, b, startOfA: 0, startOfB: part.start }))
        : partsOfB.map((part) => ({ ...part, a, b: part.value, startOfA: part.start, startOfB: 0 }));
    let sum = this.expressions.number(0);
    for (const part of parts) {
      const turn = counter(`k${depth}x${part.size}`, part.size, depth);
      const ofA = [...batch, ...along2(innerOfA, shifted(along(turn), part.startOfA), row)];
      const ofB = [...batch, ...along2(innerOfB, shifted(along(turn), part.startOfB), column)];
      const operands = [
        { value: part.a, element: this.element(part.a, ofA) },
        { value: part.b, element: this.element(part.b, ofB) },
      ] as const;
      const product = this.expressions.operation('mul', operands[0].element, operands[1].element);
      const term = part.size === 1 ? product : this.expressions.reduction('sum', turn, product, operands, outputs[0]);
      sum = this.expressions.operation('add', sum, term);
    }
    return sum;
  }

  /** The values that a value is put together of along an axis, or itself. */
  #partsAlong(value: number, axis: number): readonly Part[] {
    const whole = [{ value, start: 0, size: this.#shapeOf(value)[axis]! }];
    if (this.#placeOf(value)) return whole;
    const equation = this.#definitions.get(value)?.equation;
    if (equation?.op === 'detach') return this.#partsAlong(equation.inputs[0]!, axis);
    if (equation?.op !== 'concat' || equation.attrs.axis !== axis) return whole;
    const parts: Part[] = [];
    let start = 0;
    for (const input of equation.inputs) {
      for (const part of this.#partsAlong(input, axis)) parts.push({ ...part, start: start + part.start });
      start += this.#shapeOf(input)[axis]!;
    }
    return parts;
  }

  #reduced(
    how: Reduced,
    x: number,
    axes: readonly number[],
    positions: readonly Position[],
    makes: number,
  ): Expression {
    const lengths = axes.map((axis) => this.#shapeOf(x)[axis]!);
    return this.#over(how, lengths, positions, (turns) => {
      const of = this.element(
        x,
        positions.map((position, axis) => (axes.includes(axis) ? turns[axes.indexOf(axis)]! : position)),
      );
      return { of, operands: [{ value: x, element: of }], makes };
    });
  }

  /** Over all turns of a nest of loops. */
  #over(
    how: Reduced,
    lengths: readonly number[],
    positions: readonly Position[],
    body: (turns: readonly Position[]) => {
      readonly of: Expression;
      readonly operands: readonly Operand[];
      readonly makes?: number;
    },
  ): Expression {
    const depth = depthBelow(positions);
    const counters = lengths.map((length, i) => counter(`k${depth + i}x${length}`, length, depth + i));
    const turns = counters.map((each) => along(each));
    const { of, operands, makes } = body(turns);
    let result = of;
    for (const each of counters.toReversed()) {
      if (each.extent > 1 || how === 'argmax') {
        result = this.expressions.reduction(how, each, result, operands, makes);
      }
    }
    return result;
  }

  #concatenated(inputs: readonly number[], axis: number, positions: readonly Position[], start = 0): Expression {
    const [first, ...rest] = inputs;
    const bound = start + this.#shapeOf(first!)[axis]!;
    const here = (): Expression =>
      this.element(
        first!,
        positions.map((position, i) => (i === axis ? shifted(position, -start) : position)),
      );
    if (rest.length === 0) return here();
    return this.#choice(positions[axis]!, bound, here, () => this.#concatenated(rest, axis, positions, bound));
  }

  #choice(position: Position, bound: number, below: () => Expression, above: () => Expression): Expression {
    const [least, most] = rangeOf(position);
    if (most < bound) return below();
    if (least >= bound) return above();
    return this.expressions.choice(position, bound, below(), above());
  }

  /** A position that is itself an element. */
  #elementAsPosition(value: number, positions: readonly Position[], extent: number): Position {
    const element = this.element(value, positions);
    if (element.kind === 'number') return at(element.value);
    if (element.kind === 'position') return element.position;
    const roots: readonly Counter[] = [...element.roots];
    const depth = Math.max(0, ...roots.map((root) => root.depth));
    return {
      start: 0,
      terms: [{ counter: { name: `element${element.id}`, extent, roots, element, depth }, factor: 1 }],
    };
  }
}

/** How a value is made: the output of that index. */
export interface Definition {
  readonly equation: LoopEquation;
  readonly index: number;
}

interface Part {
  readonly value: number;
  readonly start: number;
  readonly size: number;
}

/** How deep a loop lies in whose body there are elements at these positions. */
function depthBelow(positions: readonly Position[]): number {
  return 1 + Math.max(0, ...positions.flatMap((position) => rootsOf(position).map(({ depth }) => depth)));
}

/** Positions in an operand that is broadcast. */
function stretched(positions: readonly Position[], shape: Shape): readonly Position[] {
  const own = positions.slice(positions.length - shape.length);
  return own.map((position, axis) => (shape[axis] === 1 ? at(0) : position));
}

function negated({ start, terms }: Position): Position {
  return { start: -start, terms: terms.map((term) => ({ ...term, factor: -term.factor })) };
}

/** Positions of the same element in another shape. Axes that both have at their start stay, so that less is divided. */
function reshaped(positions: readonly Position[], from: Shape, to: Shape): readonly Position[] {
  let same = 0;
  while (same < from.length && same < to.length && from[same] === to[same]) same++;
  const flat = flattened(positions.slice(same), from.slice(same));
  return [...positions.slice(0, same), ...unflattened(flat, to.slice(same))];
}
