/** A part of the page besides W1 to W4: a table, and what it shows. Each comes from a process of its own, as one JSON line. */
export interface Measurement {
  readonly heading: string;
  readonly text: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Says it to the process that waits for it. */
export function report(measurement: Measurement): void {
  console.log(JSON.stringify(measurement));
}

/** Processor milliseconds of one call. */
export function cpuTime(work: () => unknown, times: number): number {
  const used = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1000 / times;
}
