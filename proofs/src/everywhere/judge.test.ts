import { expect, it } from 'vitest';
import { Board } from './board.ts';
import { judge } from './judge.ts';
import type { Findings, OnGpu } from './program/findings.ts';

const TRAINED: OnGpu = { device: 'a device', losses: [1, 0.5] };

function judged(gpu: Readonly<Record<string, OnGpu>>): {
  readonly board: Board;
  readonly cellOf: (mode: string) => string | undefined;
} {
  const compiled = { made: 'a', text: 'b', tokensPerSecond: 1 };
  const said = {
    agent: '',
    said: [],
    conformance: {},
    training: {},
    compiled,
    withoutWaiting: 'wasm',
    relaxedSimd: true,
  };
  const expected: Findings = { ...said, math: {} };
  const board = new Board();
  const column = board.engine('Engine', '1');
  judge({ ...expected, gpu }, expected, column, board);
  return { board, cellOf: (mode) => column.cells.get(`GPU.js, \`${mode}\``) };
}

it('a GPU that is not there is a remark; training that ends with an error on one that is there has failed', () => {
  const { board, cellOf } = judged({
    cpu: TRAINED,
    webgl2: 'Error: the shader does not compile',
    webgpu: 'no adapter',
  });
  expect(cellOf('webgl2')).toBe('FAILED');
  expect(board.failures).toEqual(['Engine: GPU.js, `webgl2`: Error: the shader does not compile']);
  expect(cellOf('webgpu')).toBe('none');
  expect(board.remarks).toEqual(['Engine has no `webgpu`: no adapter']);
});

it('losses on a GPU are held to those of the mode cpu', () => {
  const other: OnGpu = { device: 'another', losses: [1, 0.6] };
  const { board, cellOf } = judged({ cpu: TRAINED, webgl2: TRAINED, webgpu: other });
  expect([cellOf('webgl2'), cellOf('webgpu')]).toEqual(['within 0e+0', 'FAILED']);
  expect(board.failures).toHaveLength(1);
});
