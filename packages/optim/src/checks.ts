import { Parameter, UnrollError } from '@unroll/tensor';

/** @throws UnrollError INVALID_ARGUMENT unless the number is finite and `valid` */
export function checkHyper(optimizer: string, name: string, x: number, valid: boolean, range: string): void {
  if (Number.isFinite(x) && valid) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${optimizer}: ${name} is ${typeof x === 'string' ? JSON.stringify(x) : x}. It must be ${range}.`,
  );
}

/** The same for several decay rates in [0, 1). */
export function checkDecays(optimizer: string, decays: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(decays))
    checkHyper(optimizer, name, x, x >= 0 && x < 1, 'at least 0 and below 1');
}

/** The same for several numbers from 0 on. */
export function checkNonNegative(optimizer: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(numbers)) checkHyper(optimizer, name, x, x >= 0, 'at least 0');
}

/** @throws UnrollError INVALID_ARGUMENT for anything but a list of parameters */
export function checkParameters(optimizer: string, parameters: readonly Parameter[]): void {
  if (Array.isArray(parameters) && parameters.every((parameter) => parameter instanceof Parameter)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${optimizer}: parameters is no list of Parameters. Give parametersOf(model).`,
  );
}
