import type { Local } from '../assembler/value.ts';
import type { Storage } from './values.ts';

/** Locals that point to the present row of each storage, one for each distance of rows. */
export class Pointers {
  readonly all: { readonly storage: Storage; readonly row: number; readonly pointer: Local<'i32'> }[] = [];
  readonly #make: (storage: Storage) => Local<'i32'>;

  constructor(make: (storage: Storage) => Local<'i32'>) {
    this.#make = make;
  }

  to(storage: Storage, row: number): Local<'i32'> {
    const known = this.all.find((each) => each.storage === storage && each.row === row);
    if (known) return known.pointer;
    const pointer = this.#make(storage);
    this.all.push({ storage, row, pointer });
    return pointer;
  }
}
