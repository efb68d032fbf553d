import type { TerminalOptions } from '../draw/terminal.ts';

/** What is asked of a stream; `process.stdout` has it. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  getColorDepth?(): number;
}

/** What pictures as text may use here: colours and the width of the terminal; plain ASCII where the output goes to a file or a pipe. */
export function terminal(stream: TextStream = process.stdout): Required<TerminalOptions> {
  if (stream.isTTY !== true) return { columns: 80, colorDepth: 1 };
  // Of some pseudo-terminals it is 0.
  return { columns: stream.columns || 80, colorDepth: stream.getColorDepth?.() ?? 1 };
}
