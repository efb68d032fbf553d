import { UnrollError } from '@unroll/tensor';

/**
 * That the sizes of `owner` (a layer or a cell, for its name) are whole numbers from 1 on: `checkSizes(this, { inputSize, hiddenSize })`. A
 * misspelt option is undefined here, which plain JavaScript does not notice.
 * @throws UnrollError INVALID_ARGUMENT naming the owner's class and the size
 */
export function checkSizes(owner: object, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries<unknown>(sizes)) {
    if (Number.isInteger(size) && Number(size) > 0) continue;
    const given = size === undefined ? 'is missing' : `is ${written(size)}`;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${owner.constructor.name}: ${name} ${given}; it must be a whole number from 1 on.`,
    );
  }
}

/** As it stands in a program. */
function written(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
