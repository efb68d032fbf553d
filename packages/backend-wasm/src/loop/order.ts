import type { LoopEquation, LoopProgram } from '@unroll/backend';
import { isPointwise } from './values.ts';

/**
 * The same program with the equations of its loop in another order, in which less has to be written down. What is made of given values
 * alone is made right before it is first read, however early it could be; and what no product needs is made as soon as it can be,
 * before the next product, while what it is made of is at hand. Sums over all steps, which have rows of their own, come last.
 */
export function inOrder(program: LoopProgram): LoopProgram {
  const { loop } = program.phases;
  const makers = new Map(loop.flatMap((equation) => equation.outputs.map((output) => [output, equation] as const)));
  const makersOf = ({ inputs }: LoopEquation): readonly LoopEquation[] =>
    inputs.flatMap((input) => {
      const maker = makers.get(input);
      return maker ? [maker] : [];
    });

  const early = new Set<LoopEquation>();
  for (const equation of loop) {
    if (mayMove(equation) && makersOf(equation).every((maker) => early.has(maker))) early.add(equation);
  }
  const needed = new Set<LoopEquation>();
  for (const equation of loop.toReversed()) {
    if (mayMove(equation) && !needed.has(equation)) continue;
    for (const maker of makersOf(equation)) needed.add(maker);
  }

  const ordered = new Set<LoopEquation>();
  const read = new Set<number>();
  const add = (equation: LoopEquation): void => {
    if (ordered.has(equation)) return;
    for (const maker of makersOf(equation)) add(maker);
    ordered.add(equation);
    for (const input of equation.inputs) read.add(input);
  };
  /** Adds what no product needs, if all that products need of it is there, and some of what it reads has been made or read. */
  const addEnds = (): void => {
    const waiting = new Set<LoopEquation>();
    for (const equation of loop) {
      if (ordered.has(equation)) continue;
      const makers = makersOf(equation);
      const isEnd = mayMove(equation) && !needed.has(equation) && equation.op !== 'accumulate';
      if (!isEnd || makers.some((maker) => waiting.has(maker))) waiting.add(equation);
      else if (makers.some((maker) => ordered.has(maker)) || equation.inputs.some((input) => read.has(input))) {
        add(equation);
      }
    }
  };
  for (const equation of loop) {
    if (early.has(equation)) continue;
    if (!mayMove(equation)) {
      for (const maker of makersOf(equation)) add(maker);
      addEnds();
    }
    add(equation);
  }
  for (const equation of loop) add(equation);
  return { ...program, phases: { ...program.phases, loop: [...ordered] } };
}

/** Ops that are parts of passes, or only show parts of what is there. */
function mayMove({ op }: LoopEquation): boolean {
  return isPointwise(op) || SHOWN_OR_SUMMED.has(op);
}

const SHOWN_OR_SUMMED: ReadonlySet<string> = new Set(['sum', 'max', 'split', 'slice', 'reshape', 'detach']);
