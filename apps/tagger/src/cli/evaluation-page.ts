import { count, pageOf, pictures, tableOf, tiles } from '@unroll/app-kit/cli';
import type { ClassScores } from '@unroll/metrics';
import type { Evaluation } from '../evaluate.ts';
import { percent } from './trainer.ts';

/** How well a model does, as a page in one file. */
export function evaluationPage(
  { words, accuracy, unknown, spans, confusion }: Evaluation,
  { svg, name }: { readonly svg: string; readonly name: string },
): string {
  const scores = ({ precision, recall, f1, support }: ClassScores): readonly string[] => [
    ...[precision, recall, f1].map(percent),
    count(support),
  ];
  const rows = (classes: ReadonlyMap<string, ClassScores>): readonly (readonly string[])[] =>
    Array.from(classes, ([tag, each]) => [tag, ...scores(each)]);
  return pageOf({
    title: `tagger: ${name}`,
    lead: 'Tagged by a model, and compared with the right tags.',
    sections: [
      tiles([
        ['Words', count(words)],
        ['Accuracy', percent(accuracy)],
        ...(unknown ? [[`Accuracy of ${count(unknown.words)} unknown words`, percent(unknown.accuracy)] as const] : []),
        ...(spans ? [['F1 of spans', percent(spans.f1)] as const] : []),
      ]),
      ...(spans ? [tableOf('Spans', ['Type', 'Precision', 'Recall', 'F1', 'Spans'], rows(spans.types))] : []),
      pictures('Confusions', [{ title: 'What was taken for what', svg, caption: 'Each row adds up to 1.' }]),
      tableOf('Tags', ['Tag', 'Precision', 'Recall', 'F1', 'Words'], rows(confusion.classes)),
    ],
  });
}
