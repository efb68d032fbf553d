import { expect, it } from 'vitest';
import { checkTensors } from './check-tensors.ts';
import { tensor } from './create.ts';
import { Parameter } from './parameter.ts';

it('what is no tensor is named, with who was given it', () => {
  expect(() => checkTensors('f', { x: tensor(1), y: undefined })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: 'f: y is missing. Give a tensor.' }),
  );
  for (const y of [[1], Float32Array.of(1)]) {
    expect(() => checkTensors('f', { y })).toThrow('f: y is an array, no tensor. Make a tensor of it: tensor(y).');
  }
  expect(() => checkTensors('f', { y: new Parameter(tensor(1)) })).toThrow('no tensor. Give its value: y.value.');
  expect(() => checkTensors('f', { y: 'a' })).toThrow('f: y is "a", no tensor.');
  expect(() => checkTensors('f', { x: tensor(1), y: tensor([2]) })).not.toThrow();
});
