/** Prints what is wrong, one indented paragraph each, and sets the exit code; or says that all is well. */
export function report(what: string, problems: readonly string[]): void {
  for (const problem of problems) console.error(`✗ ${problem.trimEnd().replaceAll('\n', '\n    ')}`);
  if (problems.length > 0) {
    console.error(`${what}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
    process.exitCode = 1;
  } else {
    console.log(`${what}: ok`);
  }
}
