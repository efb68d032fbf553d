import { type Tensor, tensor, withRecorder } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { Tape } from './tape.ts';

it('a tape gives the cotangents of what lies between, where it is asked for them', () => {
  const x = tensor([2, 3]);
  const tape = new Tape([x]);
  let square: Tensor | undefined;
  const value = withRecorder(tape, () => {
    square = x.square();
    return square.mul(5).sum();
  });
  const cotangents = tape.pullBack(value, tensor(1), new Set([square!]));
  expect([...cotangents.get(square!)!.dataSync()]).toEqual([5, 5]);
  expect([...cotangents.get(x)!.dataSync()]).toEqual([20, 30]);
  expect(tape.pullBack(value, tensor(1)).has(square!)).toBe(false);
});
