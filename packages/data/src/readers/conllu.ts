import { ReaderError } from '../text/reader-error.ts';
import { type Paragraph, paragraphs } from '../text/lines.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';
import type { ConlluFields, ConlluSentence, ConlluToken, EmptyNode, MultiwordRange } from './conllu-sentence.ts';

/**
 * Sentences of a CoNLL-U file (universaldependencies.org/format.html), one by one. Columns are divided by tabs alone, so that forms may
 * contain spaces. Multiword ranges and empty nodes stand beside the words, never among them.
 * @throws ReaderError for a line that the format forbids
 */
export async function* readConllu(
  source: TextSource,
  options: TextOptions = {},
): AsyncGenerator<ConlluSentence, void, undefined> {
  const file = nameOf(source, options);
  for await (const paragraph of paragraphs(source, options)) {
    if (paragraph.lines.every((line) => line.startsWith('#'))) {
      throw new ReaderError({
        file,
        line: paragraph.first,
        message: 'comments without a sentence. Delete the blank line after them, or the comments.',
      });
    }
    yield new SentenceParser(file, paragraph).parse();
  }
}

class SentenceParser {
  readonly #file: string;
  readonly #paragraph: Paragraph;
  readonly #comments: string[] = [];
  readonly #tokens: ConlluToken[] = [];
  readonly #ranges: MultiwordRange[] = [];
  readonly #emptyNodes: EmptyNode[] = [];
  #line: number;

  constructor(file: string, paragraph: Paragraph) {
    this.#file = file;
    this.#paragraph = paragraph;
    this.#line = paragraph.first;
  }

  parse(): ConlluSentence {
    for (const [i, line] of this.#paragraph.lines.entries()) {
      this.#line = this.#paragraph.first + i;
      if (line.startsWith('#')) this.#addComment(line);
      else this.#addRow(line.split('\t'));
    }
    this.#checkHeads();
    return {
      line: this.#paragraph.first,
      comments: this.#comments,
      metadata: metadataOf(this.#comments),
      tokens: this.#tokens,
      ranges: this.#ranges,
      emptyNodes: this.#emptyNodes,
    };
  }

  #addComment(line: string): void {
    if (this.#tokens.length > 0)
      throw this.#error('a comment inside of a sentence. Comments stand before the first word.');
    this.#comments.push(line);
  }

  #addRow(columns: readonly string[]): void {
    if (columns.length !== 10) {
      throw this.#error(
        `${columns.length} columns instead of 10. They are divided by tabs; has an editor made spaces of them?`,
      );
    }
    const empty = columns.indexOf('');
    if (empty >= 0) throw this.#error(`column ${empty + 1} is empty. Write _ where there is nothing.`);
    const id = columns[0]!;
    const fields = this.#fieldsOf(columns);
    if (/^[1-9]\d*$/.test(id)) this.#addToken(Number(id), fields, columns[6]!);
    else if (/^[1-9]\d*-[1-9]\d*$/.test(id)) this.#addRange(id, fields);
    else if (/^\d+\.[1-9]\d*$/.test(id)) this.#addEmptyNode(id, fields);
    else throw this.#error(`the id ${JSON.stringify(id)} is none. Words have 1, 2, …, ranges 3-4, empty nodes 5.1.`);
  }

  #addToken(id: number, fields: ConlluFields, head: string): void {
    const expected = this.#tokens.length + 1;
    if (id !== expected) {
      throw this.#error(
        `the word's id is ${id} instead of ${expected}. Ids count from 1; a blank line begins a sentence.`,
      );
    }
    this.#tokens.push({ ...fields, id, head: head === '_' ? null : this.#headOf(head) });
  }

  #headOf(head: string): number {
    if (/^\d+$/.test(head)) return Number(head);
    throw this.#error(`the head ${JSON.stringify(head)} is no id. Write 0 for the root, _ for none.`);
  }

  #addRange(id: string, fields: ConlluFields): void {
    const [first, last] = id.split('-').map(Number) as [number, number];
    if (last <= first || first !== this.#tokens.length + 1) {
      throw this.#error(
        `the range ${id} must stand before its first word, ${this.#tokens.length + 1}, and have two or more.`,
      );
    }
    this.#ranges.push({ first, last, form: fields.form, misc: fields.misc });
  }

  #addEmptyNode(id: string, fields: ConlluFields): void {
    const [after, index] = id.split('.').map(Number) as [number, number];
    const before = this.#emptyNodes.findLast((node) => node.after === after)?.index ?? 0;
    if (after !== this.#tokens.length || index !== before + 1) {
      throw this.#error(`the empty node ${id} must be ${this.#tokens.length}.${before + 1} here.`);
    }
    this.#emptyNodes.push({ ...fields, after, index });
  }

  #fieldsOf(columns: readonly string[]): ConlluFields {
    const form = columns[1]!;
    return {
      form,
      // A lemma may be the character itself, if the form is.
      lemma: columns[2] === '_' && form !== '_' ? null : columns[2]!,
      upos: valueOf(columns[3]!),
      xpos: valueOf(columns[4]!),
      feats: this.#featuresOf(columns[5]!),
      deprel: valueOf(columns[7]!),
      deps: valueOf(columns[8]!),
      misc: valueOf(columns[9]!),
    };
  }

  #featuresOf(column: string): ReadonlyMap<string, string> {
    if (column === '_') return new Map();
    return new Map(
      column.split('|').map((feature) => {
        const at = feature.indexOf('=');
        if (at <= 0) throw this.#error(`the feature ${JSON.stringify(feature)} is not of the form Name=Value.`);
        return [feature.slice(0, at), feature.slice(at + 1)];
      }),
    );
  }

  #checkHeads(): void {
    const count = this.#tokens.length;
    this.#line = this.#paragraph.first;
    const astray = this.#tokens.find(({ head }) => head !== null && head > count);
    if (astray)
      throw this.#error(
        `in this sentence word ${astray.id} has the head ${astray.head}, but there are ${count} words.`,
      );
    const range = this.#ranges.find(({ last }) => last > count);
    if (range)
      throw this.#error(`in this sentence the range ${range.first}-${range.last} goes beyond its ${count} words.`);
  }

  #error(message: string): ReaderError {
    return new ReaderError({ file: this.#file, line: this.#line, message });
  }
}

function valueOf(column: string): string | null {
  return column === '_' ? null : column;
}

/** `# key = value` lines. */
function metadataOf(comments: readonly string[]): ReadonlyMap<string, string> {
  const pairs = comments.flatMap((comment) => {
    const at = comment.indexOf('=');
    return at < 0 ? [] : [[comment.slice(1, at).trim(), comment.slice(at + 1).trim()] as const];
  });
  return new Map(pairs);
}
