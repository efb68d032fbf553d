import { UnrollError } from '@unroll/backend';
import * as v from 'valibot';

/** A number of things: an integer from 0 on. */
export const count: v.GenericSchema<number> = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What `Rng.state()` gives. */
export const rngState: v.GenericSchema<number[]> = v.pipe(
  v.array(v.pipe(v.number(), v.safeInteger())),
  v.length(4),
  v.check((words) => words.some((word) => word !== 0), 'all four words are 0'),
);

/**
 * Data from outside, checked against a schema.
 * @throws UnrollError INVALID_FILE naming the field under `where` and what is wrong with it
 */
export function checked<Data>(where: string, schema: v.GenericSchema<Data>, data: unknown): Data {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const path = v.getDotPath(issue);
    return `${where}${path === null ? '' : `.${path}`}: ${issue.message}`;
  });
  throw new UnrollError(
    'INVALID_FILE',
    `${problems.join('; ')}. The checkpoint is damaged, or was made by other code; start from another one.`,
  );
}
