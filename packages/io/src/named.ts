/** Named values, as a map or as an object. */
export type Named<Value> = ReadonlyMap<string, Value> | Readonly<Record<string, Value>>;

export function entriesOf<Value>(named: Named<Value>): readonly (readonly [name: string, value: Value])[] {
  return named instanceof Map ? [...(named as ReadonlyMap<string, Value>)] : Object.entries(named);
}
