import { Embedding } from '@unroll/layers';
import { type TensorTree, parametersOf } from '@unroll/tensor';
import { keyOf, tensorsIn } from '../batch-tensors.ts';
import { type Finding, show } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** From this share of unknown tokens on, it is a finding. */
const MANY_UNKNOWN = 0.2;

/** Whether the sizes of the model are those of the vocabulary, and the tokens are known. */
export async function checkVocabulary<Batch, Carry extends TensorTree>(
  patient: Patient<Batch, Carry>,
): Promise<readonly Finding[]> {
  const { model, vocabulary = {}, classes } = patient.options;
  const findings: Finding[] = [];
  const embeddings = embeddingsIn(model);
  const { size } = vocabulary;
  if (size !== undefined && embeddings.size > 0 && ![...embeddings.values()].some(({ count }) => count === size)) {
    const [path, { count }] = [...embeddings][0]!;
    findings.push({
      code: 'VOCABULARY_MISMATCH',
      where: path,
      explanation: `The vocabulary has ${size} tokens, the embedding ${count} rows: it was made for another vocabulary.`,
      remedy: 'Make the model with the vocabulary that encodes the data, and save the two together.',
    });
  }
  if (classes !== undefined && !parametersOf(model).some(({ value }) => value.shape[0] === classes)) {
    findings.push({
      code: 'VOCABULARY_MISMATCH',
      explanation: `There are ${classes} classes, but no parameter of the model has as many rows: its output has another size.`,
      remedy: 'Make the output layer with outputSize: classes.',
    });
  }
  findings.push(...(await tooManyUnknown(patient)));
  return findings;
}

async function tooManyUnknown<Batch, Carry extends TensorTree>({
  options,
  batch,
  mask,
}: Patient<Batch, Carry>): Promise<readonly Finding[]> {
  const unknown = options.vocabulary?.unknown;
  if (unknown === undefined) return [];
  const live = await mask?.data();
  for (const [path, tokens] of tensorsIn(batch)) {
    if (tokens.dtype !== 'int32' || tokens.rank !== 2 || keyOf(path) === 'mask') continue;
    const counted = [...(await tokens.data())].filter((_, i) => live?.[i] !== 0);
    const share = counted.filter((token) => token === unknown).length / Math.max(1, counted.length);
    if (share <= MANY_UNKNOWN) continue;
    return [
      {
        code: 'UNKNOWN_TOKENS',
        where: path,
        explanation: `${show(100 * share)} % of the tokens are the one for unknown: most of what is to be read is not in the vocabulary.`,
        remedy:
          'Build the vocabulary from the training text with the same tokenizer and normalization, keep more tokens, or take subwords or characters.',
      },
    ];
  }
  return [];
}

/** What a token or target outside of the model's range makes of a run. */
export function outOfRange(message: string): Finding {
  return {
    code: 'VOCABULARY_MISMATCH',
    explanation: `The model can't be run on the batch: ${message}`,
    remedy:
      'Encode data and make the model with the same vocabulary: count of an Embedding and outputSize are its size.',
  };
}

function embeddingsIn(model: object): ReadonlyMap<string, Embedding> {
  const found = new Map<string, Embedding>();
  const seen = new Set<object>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Embedding) found.set(path, value);
    else for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
  };
  walk(model, '');
  return found;
}
