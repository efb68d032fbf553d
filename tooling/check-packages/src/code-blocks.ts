export interface CodeBlock {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** False for a block fenced as `ts no-run`: it must compile, but is not executed. */
  readonly runs: boolean;
  readonly code: string;
}

/** The TypeScript blocks of a Markdown text: those fenced as `ts` or `typescript`. */
export function codeBlocks(markdown: string, file: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; info: string[]; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, fence, info] = /^\s*(`{3,}|~{3,})(.*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== undefined) open = { fence, info: info!.trim().split(/\s+/), line: index + 1, lines: [] };
    } else if (fence?.startsWith(open.fence) === true && info!.trim() === '') {
      const [language, ...flags] = open.info;
      if (language === 'ts' || language === 'typescript') {
        blocks.push({ file, line: open.line, runs: !flags.includes('no-run'), code: open.lines.join('\n') });
      }
      open = undefined;
    } else {
      open.lines.push(text);
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the code block is not closed`);
  return blocks;
}
