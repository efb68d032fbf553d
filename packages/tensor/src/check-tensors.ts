import { UnrollError } from '@unroll/backend';
import { isTensor } from './brand.ts';
import { describe } from './describe.ts';

/**
 * That what is to be tensors are some: `checkTensors('crossEntropy', { logits, targets })`. Plain JavaScript may give arrays, or nothing.
 * @throws UnrollError INVALID_ARGUMENT naming who was given what
 */
export function checkTensors(who: string, given: Readonly<Record<string, unknown>>): void {
  for (const name in given) {
    const value = given[name];
    if (isTensor(value)) continue;
    const isParameter = typeof value === 'object' && value !== null && 'value' in value && isTensor(value.value);
    const remedy = isParameter ? `Give its value: ${name}.value.` : `Make a tensor of it: tensor(${name}).`;
    const isList = Array.isArray(value) || ArrayBuffer.isView(value);
    throw new UnrollError(
      'INVALID_ARGUMENT',
      value === undefined
        ? `${who}: ${name} is missing. Give a tensor.`
        : `${who}: ${name} is ${isList ? 'an array' : describe(value)}, no tensor. ${remedy}`,
    );
  }
}
