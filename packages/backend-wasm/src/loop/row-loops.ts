import type { Nest, Pass, RowLoop, Section } from './actions.ts';
import type { Draft } from './schedule.ts';

/** Brings neighbouring sections together that can run row by row: none needs a row of another one that is not its own. */
export function rowLoopsOf(sections: readonly (Section | Nest)[], draft: Draft): readonly Pass[] {
  const passes: Pass[] = [];
  let open: Section[] = [];
  const close = (): void => {
    if (open.length > 0) passes.push(rowLoop(open));
    open = [];
  };
  for (const section of sections) {
    if (section.kind !== 'section') {
      close();
      passes.push(section);
      continue;
    }
    const [first] = open;
    const joins =
      first &&
      first.rows === section.rows &&
      first.isBatched === section.isBatched &&
      !needsOtherRows(section, first, draft);
    if (!joins) close();
    open.push(section);
  }
  close();
  return passes;
}

function rowLoop(sections: readonly Section[]): RowLoop {
  const { rows, isBatched } = sections[0]!;
  return { kind: 'rows', rows, isBatched, sections, nodes: sections.flatMap(({ nodes }) => nodes) };
}

/** Whether a section reads something, made from section `first` on, that does not lie in the same row. */
function needsOtherRows(section: Section, first: Section, { parts, inlined, madeIn, matrices }: Draft): boolean {
  const isElsewhere = (value: number, isSameRow: boolean): boolean => {
    const part = parts.get(value);
    if (part) {
      const keepsRow = !part.isReshaped && part.row === 0 && matrices[value]!.rows === matrices[part.of]!.rows;
      return isElsewhere(part.of, isSameRow && keepsRow);
    }
    const node = inlined.get(value);
    if (node) return node.inputs.some((input) => isElsewhere(input, isSameRow));
    const made = madeIn.get(value);
    if (made === undefined || made < first.number) return false;
    return !isSameRow || matrices[value]!.rows !== section.rows;
  };
  return section.nodes.some(({ inputs }) => inputs.some((input) => isElsewhere(input, true)));
}
