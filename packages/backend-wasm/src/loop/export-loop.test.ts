import type { LoopProgram } from '@unroll/backend';
import { LstmCell, type RecurrentCell, writeStep } from '@unroll/cells';
import { Parameter, Rng, castParameters, ones, tensor, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { HEAP } from '../kernels/static-area.ts';
import { type ExportedLoop, exportLoop } from './export-loop.ts';

interface Interface {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly object[];
    exports(module: object): readonly { readonly name: string }[];
  };
}

const { Module } = Reflect.get(globalThis, 'WebAssembly') as Interface;

async function exported(
  cell: RecurrentCell,
  batch: number,
): Promise<{ readonly program: LoopProgram; readonly loop: ExportedLoop }> {
  const { program } = await writeStep({ cell, batch });
  const loop = exportLoop(program);
  if ('reason' in loop) throw new Error(loop.reason);
  return { program, loop };
}

describe('exportLoop', () => {
  it.each([1, 2, 3])('needs nothing but memory, for %i side by side', async (batch) => {
    const { loop } = await exported(new LstmCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(1) }), batch);
    const module = new Module(loop.module);
    expect(Module.imports(module)).toEqual([
      expect.objectContaining({ module: 'env', name: 'memory', kind: 'memory' }),
    ]);
    expect(Module.exports(module).map(({ name }) => name)).toEqual(['prepare', 'run']);
  });

  it('lays everything out at vectors’ places, apart from each other', async () => {
    const { program, loop } = await exported(new LstmCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(1) }), 2);
    const { stream, constants, unpacked, streams, prepareBytes } = loop;
    const bytes = (value: number): number => program.values[value]!.shape.reduce((size, length) => size * length, 4);
    const ranges = [
      [0, HEAP],
      ...constants.map(({ value, address }) => [address, address + bytes(value)]),
      [streams, streams + stream.table.length * 4],
      [streams + stream.x, streams + stream.x + bytes(program.inputs.series[0]!)],
      [streams + stream.y, streams + stream.y + bytes(program.outputs.series[0]!)],
      ...program.carried.map(({ value }, i) => [
        streams + stream.carried[i]!,
        streams + stream.carried[i]! + bytes(value),
      ]),
      ...unpacked.map(({ value, address }) => [address, address + bytes(value)]),
    ].toSorted(([a], [b]) => a! - b!);
    for (const [i, [start, end]] of ranges.entries()) {
      expect(start! % 64).toBe(0);
      expect(end).toBeLessThanOrEqual(ranges[i + 1]?.[0] ?? prepareBytes);
    }
    expect(stream.bytes % 64).toBe(0);
  });

  it('says why there is no code', async () => {
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(1) });
    castParameters(cell, 'float64');
    const { program } = await writeStep({ cell, dtype: 'float64' });
    expect(exportLoop(program)).toEqual({ reason: 'a value is float64' });
    const echo: RecurrentCell = {
      inputSize: 1,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, state) => [x, state],
    };
    expect(exportLoop((await writeStep({ cell: echo })).program)).toMatchObject({ reason: /output/ });
    expect(exportLoop({ ...program, phases: { ...program.phases, before: program.phases.loop } })).toMatchObject({
      reason: /outside of the loop/,
    });
    expect(exportLoop({ ...program, inputs: { ...program.inputs, series: [] } })).toMatchObject({
      reason: /one input/,
    });
  });

  it('hands on a state that is a parameter, and reads a weight that is both packed and read in place', async () => {
    const w = new Parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const cell: RecurrentCell = {
      inputSize: 2,
      outputSize: 2,
      initialState: () => ones([2, 2]),
      step: (x, s) => [(s as typeof x).matmul(w.value).add(x), w.value],
    };
    const { loop } = await exported(cell, 2);
    expect(loop.unpacked).toEqual([]);
    expect(loop.constants.length).toBe(1);
  });
});
