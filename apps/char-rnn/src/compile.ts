import { compileModel } from '@unroll/compile';
import type { CharacterModel } from './config.ts';

/**
 * A model as one file that `@unroll/runtime` runs without any other package: for a page. Its metadata `characters` is a JSON array of
 * the character of each token, empty for tokens that are nothing to write.
 */
export async function compileCharRnn({
  model,
  vocabulary,
}: Pick<CharacterModel, 'model' | 'vocabulary'>): Promise<Uint8Array<ArrayBuffer>> {
  const characters = Array.from({ length: vocabulary.size }, (_, id) =>
    id < vocabulary.specials.length ? '' : vocabulary.tokenOf(id),
  );
  return compileModel({
    cell: model.stepwise(),
    dtype: 'int32',
    metadata: { characters: JSON.stringify(characters) },
  });
}
