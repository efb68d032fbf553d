import { Parameter, Rng, getBackend, ones, tensor, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { LstmCell } from '../lstm.ts';
import { writeStep } from './write-step.ts';

describe('writeStep', () => {
  it('writes the step as plain data, and names the parameters among what it reads', async () => {
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    const { program, constants, parameters, state } = await writeStep({ cell, batch: 2 });
    expect(JSON.parse(JSON.stringify(program))).toEqual(program);
    expect(program.phases.once).toEqual([]);
    expect(program.values[program.inputs.series[0]!]).toMatchObject({ shape: [2, 3], dtype: 'float32' });
    expect(program.values[program.outputs.series[0]!]).toMatchObject({ shape: [2, 4], dtype: 'float32' });
    expect([...state]).toEqual(
      ['h', 'c'].map((name) => [name, { shape: [2, 4], dtype: 'float32', data: new Float32Array(8) }]),
    );
    const [value] = [...parameters].find(([, parameter]) => parameter === cell.weight_hh)!;
    expect(constants.get(value)!.data).toEqual(cell.weight_hh.value.dataSync());
  });

  it('has made what depends on parameters alone, and leaves out what only that read', async () => {
    const w = new Parameter(tensor([1, 2]));
    const cell: RecurrentCell = {
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (x, s) => [x.mul(w.value.square()), s],
    };
    const { program, constants, parameters } = await writeStep({ cell });
    expect(program.phases.loop.map(({ op }) => op)).not.toContain('square');
    expect([...constants.values()].map(({ data }) => [...data])).toContainEqual([1, 4]);
    expect(parameters.size).toBe(0);
  });

  it('gives back all it made', async () => {
    const backend = getBackend() as ReturnType<typeof getBackend> & { memory(): { readonly buffers: number } };
    const first = new Parameter(ones([1, 2]));
    const cell: RecurrentCell<typeof first.value> = {
      inputSize: 2,
      outputSize: 2,
      initialState: () => first.value,
      step: (x, s) => [s.add(x), s.add(x).mul(first.value)],
    };
    const before = backend.memory().buffers;
    await writeStep({ cell });
    expect(backend.memory().buffers).toBe(before);
    expect([...first.value.dataSync()]).toEqual([1, 1]);
  });

  it('refuses a step that does something else each time', async () => {
    let calls = 0;
    const cell: RecurrentCell = {
      inputSize: 1,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, s) => [x.mul(++calls), s],
    };
    await expect(writeStep({ cell })).rejects.toThrow(/something else each time it is called/);
  });

  it('refuses a batch that is none, and a step that reads elements', async () => {
    const cell: RecurrentCell = {
      inputSize: 1,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, s) => (x.dataSync(), [x, s]),
    };
    await expect(writeStep({ cell, batch: 1.5 })).rejects.toThrow(/an integer from 1 on/);
    await expect(writeStep({ cell })).rejects.toThrow(/reads the elements/);
  });
});
