import { type LoopEquation, type LoopPhase, type LoopProgram, formatShape } from '@unroll/backend';

/** How equations are written: values that are used once stand where they are used, others have a line and a name. */
export interface Written {
  /** The lines of a phase. */
  readonly linesOf: (phase: LoopPhase) => readonly string[];
  /** A value by its name, or written out. */
  readonly textOf: (value: number) => string;
}

const INFIX: Readonly<Record<string, string>> = {
  add: ' + ',
  sub: ' − ',
  mul: ' ∘ ',
  div: ' / ',
  less: ' < ',
  equal: ' = ',
};
const SYMBOLS: Readonly<Record<string, string>> = {
  sigmoid: 'σ',
  neg: '−',
  sumOverTime: 'Σₜ sum',
  scatterAddOverTime: 'Σₜ scatterAdd',
  accumulate: 'Σₜ',
};
/** Ops of one input whose result is another view of it. */
const QUIET: ReadonlySet<string> = new Set(['reshape', 'broadcast', 'detach']);

/** Writes a program as equations. */
export function writeEquations({ values, constants, carried, phases, outputs }: LoopProgram): Written {
  const all = [...phases.once, ...phases.before, ...phases.loop, ...phases.after, ...phases.totals];
  const phaseOf = new Map<number, LoopPhase>();
  for (const [phase, equations] of Object.entries(phases) as [LoopPhase, readonly LoopEquation[]][]) {
    for (const equation of equations) for (const output of equation.outputs) phaseOf.set(output, phase);
  }
  const uses = new Map<number, LoopEquation[]>();
  for (const equation of all)
    for (const input of equation.inputs) uses.set(input, [...(uses.get(input) ?? []), equation]);
  const wanted = new Set([...carried.map(({ next }) => next), ...outputs.once, ...outputs.series, ...outputs.totals]);
  const isInline = ({ op, outputs: [first, second] }: LoopEquation): boolean => {
    if (second !== undefined || values[first!]!.label !== undefined || wanted.has(first!)) return false;
    const readers = uses.get(first!) ?? [];
    if (QUIET.has(op) && readers.every(({ outputs: [out] }) => phaseOf.get(out!) === phaseOf.get(first!))) return true;
    return readers.length === 1 && phaseOf.get(readers[0]!.outputs[0]!) === phaseOf.get(first!);
  };
  const makers = new Map<number, LoopEquation>();
  for (const equation of all) if (isInline(equation)) makers.set(equation.outputs[0]!, equation);
  const numbers = new Map(constants.map(({ value, number }) => [value, number]));
  const names = new Map<number, string>();
  const textOf = (value: number, isOperand = false): string => {
    const maker = makers.get(value);
    if (maker) return written(maker, isOperand);
    const number = numbers.get(value);
    if (number !== undefined) return number.replace('-', '−');
    let name = values[value]!.label ?? names.get(value);
    if (name === undefined) names.set(value, (name = `v${names.size + 1}`));
    return name;
  };
  const written = ({ op, inputs, attrs }: LoopEquation, isOperand: boolean): string => {
    const [x, y] = inputs as [number, number];
    if (QUIET.has(op)) return textOf(x, isOperand);
    const sign = INFIX[op];
    if (sign) {
      const text = `${textOf(x, true)}${sign}${textOf(y, true)}`;
      return isOperand ? `(${text})` : text;
    }
    if (op === 'matmul' || op === 'matmulOverTime') {
      const [a, b] = [attrs.transposeA ? 'ᵀ' : '', attrs.transposeB ? 'ᵀ' : ''];
      const text = `${textOf(x, true)}${a} · ${textOf(y, true)}${b}`;
      if (op === 'matmulOverTime') return `Σₜ ${text}`;
      return isOperand ? `(${text})` : text;
    }
    const rest = 'axis' in attrs && 'start' in attrs ? `, ${attrs.start} to ${attrs.start + attrs.size}` : '';
    return `${SYMBOLS[op] ?? op}(${inputs.map((input) => textOf(input)).join(', ')}${rest})`;
  };
  const linesOf = (phase: LoopPhase): readonly string[] =>
    phases[phase].flatMap((equation) => {
      const [first] = equation.outputs;
      if (makers.has(first!)) return [];
      const left = equation.outputs.map((output) => textOf(output)).join(', ');
      return [`${left} = ${written(equation, false)}   ${formatShape(values[first!]!.shape)}`];
    });
  return { linesOf, textOf };
}
