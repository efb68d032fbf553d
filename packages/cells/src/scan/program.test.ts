import { vjp } from '@unroll/autograd';
import type { LoopProgram } from '@unroll/backend';
import { Parameter, Rng, type Tensor, castParameters, matmul, softmax, tensor, tensorsOf, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { GruCell } from '../gru.ts';
import { Graph } from './graph.ts';
import { interpret } from './interpret.ts';
import { BufferMachine, apply } from './machine.ts';
import { type ScanPlan, planScan } from './plan.ts';
import { Series } from './series.ts';
import { traceStep } from './trace-step.ts';
import { INPUT, STATE, isZero } from './value.ts';

const double = { dtype: 'float64' } as const;
const both = { hoist: true, defer: true };

function planOf(cell: RecurrentCell, xs: Tensor): { readonly plan: ScanPlan; readonly tensors: readonly Tensor[] } {
  const { step, tensors } = traceStep(cell, xs, cell.initialState(xs.shape[0]!), undefined);
  const wanted = { x: true, states: step.states.map(() => true), captured: tensors.map(() => true) };
  return { plan: planScan(step, { vjp, wanted }, both), tensors };
}

const opsOf = (program: LoopProgram, phase: keyof LoopProgram['phases']): readonly string[] =>
  program.phases[phase].map(({ op }) => op);

describe('a loop program', () => {
  it('survives JSON, infinities included', () => {
    const memory = new Parameter(new Rng(1).normal([2, 3, 4], double));
    const live = tensor([[1, 0, 1]], double);
    const attention: RecurrentCell<Tensor> = {
      inputSize: 4,
      outputSize: 4,
      initialState: (batch) => zeros([batch, 4], double),
      step: (x, h) => {
        const scores = matmul(memory, h.add(x).expandDims(2)).squeeze(2);
        const next = matmul(softmax(scores, { mask: live }).expandDims(1), memory)
          .squeeze(1)
          .tanh();
        return [next, next];
      },
    };
    const xs = new Rng(2).normal([2, 3, 4], double);
    const { plan, tensors } = planOf(attention, xs);
    const run = (program: LoopProgram): readonly number[] => {
      const machine = new BufferMachine(xs.backend);
      const results = interpret(program, machine, {
        time: 3,
        once: tensors.map(({ buffer }) => buffer),
        series: [Series.ofWhole(machine, apply(machine, 'transpose', [xs.buffer], { order: [1, 0, 2] }))],
        carried: tensorsOf(attention.initialState(2)).map(({ buffer }) => buffer),
      });
      return [...machine.toTensor(results.carried[0]!).dataSync()];
    };
    const { program } = plan.forward;
    expect(program.constants.map(({ number }) => number)).toContain('-Infinity');
    expect(run(JSON.parse(JSON.stringify(program)) as LoopProgram)).toEqual(run(program));
    const backward = plan.backward(true).program;
    expect(JSON.parse(JSON.stringify(backward))).toEqual(backward);
  });

  it('has the recurrent product alone in the loop; input and weight gradients are one product each', () => {
    const cell = castParameters(new GruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) }), 'float64');
    const { plan } = planOf(cell, new Rng(1).normal([2, 1, 3], double));
    const { program } = plan.forward;
    const back = plan.backward(true).program;
    const products = (ops: readonly string[]): number => ops.filter((op) => op.startsWith('matmul')).length;
    expect(products(opsOf(program, 'before'))).toBe(1);
    expect(products(opsOf(program, 'loop'))).toBe(1);
    expect(products(opsOf(back, 'loop'))).toBe(1);
    expect(opsOf(back, 'after')).toEqual(['matmul']);
    expect(opsOf(back, 'totals').filter((op) => op === 'matmulOverTime')).toHaveLength(2);
    expect([...opsOf(program, 'loop'), ...opsOf(back, 'loop')]).not.toContain('accumulate');
  });

  it('does with the cotangent of the final state alone when y has none', () => {
    const cell = castParameters(new GruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) }), 'float64');
    const { plan } = planOf(cell, new Rng(1).normal([2, 1, 3], double));
    expect(plan.backward(false).hasDy).toBe(false);
    expect(plan.backward(false).program.inputs.series.length).toBe(
      plan.backward(true).program.inputs.series.length - 1,
    );
  });
});

describe('the normal form', () => {
  const graph = new Graph();
  const shape = [2, 3];
  const x = graph.leaf('x', { shape, dtype: 'float32' }, INPUT);
  const h = graph.leaf('h', { shape, dtype: 'float32' }, STATE);
  const b = graph.leaf('b', { shape: [3], dtype: 'float32' }, 0);

  it('makes equal ops once', () => {
    expect(graph.apply('mul', [x, h], {})).toBe(graph.apply('mul', [x, h], {}));
    expect(graph.apply('mul', [x, h], {})).not.toBe(graph.apply('mul', [h, x], {}));
  });

  it('adds up first what does not depend on the state', () => {
    const sum = graph.apply('add', [graph.apply('add', [h, b], {}), x], {});
    expect(sum).toBe(graph.apply('add', [graph.apply('add', [x, b], {}), h], {}));
    expect(sum.node!.inputs[0]!.depends).toBe(INPUT);
  });

  it('drops known zeros, but no products with them: 0 · ∞ is no zero', () => {
    const zero = graph.zeros(x);
    expect(graph.apply('add', [x, zero], {})).toBe(x);
    expect(graph.apply('sub', [h, zero], {})).toBe(h);
    expect(isZero(graph.apply('concat', [zero, zero], { axis: 0 }))).toBe(true);
    expect(isZero(graph.apply('mul', [zero, h], {}))).toBe(false);
  });

  it('splits a product of parts of which only some depend on the state', () => {
    const w = graph.leaf('w', { shape: [6, 5], dtype: 'float32' }, 0);
    const plain = { transposeA: false, transposeB: false };
    const mixed = graph.apply('matmul', [graph.apply('concat', [x, h], { axis: 1 }), w], plain);
    expect(mixed.node!.op).toBe('add');
    const alike = graph.apply('matmul', [graph.apply('concat', [h, h], { axis: 1 }), w], plain);
    expect(alike.node!.op).toBe('matmul');
  });

  it('takes apart again what was put together', () => {
    const joined = graph.apply('concat', [x, h], { axis: 1 });
    const signatures = [x, h];
    expect(graph.make('split', [joined], { axis: 1, sizes: [3, 3] }, signatures)).toEqual([x, h]);
  });
});
