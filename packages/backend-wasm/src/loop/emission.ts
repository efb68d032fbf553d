import type { FunctionBuilder } from '../assembler/function-builder.ts';
import type { I32 } from '../assembler/value.ts';
import type { Constants } from '../kernels/static-area.ts';
import type { Schedule } from './schedule.ts';
import type { Storage } from './values.ts';

/** What the code of a pass is written into, and what it is told. */
export interface Emission {
  readonly f: FunctionBuilder;
  readonly constants: Constants;
  /** Whether V8 is to join vectors side by side. */
  readonly inPairs: boolean;
  readonly schedule: Schedule;
  /** Where a storage begins. */
  readonly baseOf: (storage: Storage) => I32;
  /** The words of `emitFailure`, in a kernel that may need them. */
  readonly failure: I32 | undefined;
  /** How many of the batch's rows are here, where there are so many in all. */
  readonly rowsOf: (rows: number) => I32;
}
