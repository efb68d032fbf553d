import { type ModelFormat, type ModelKind, configOfKind } from '@unroll/app-kit';
import { Vocabulary } from '@unroll/data';
import { type StateDict, decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Rng } from '@unroll/tensor';
import { type CharacterModel, buildCharRnn, parseConfig } from './config.ts';

const KIND: ModelKind = { kind: 'char-rnn', version: 1 };

/** One safetensors file with all that `decodeCharRnn` needs: the parameters, and the configuration and vocabulary in its metadata. */
export async function encodeCharRnn(characterModel: CharacterModel): Promise<Uint8Array> {
  return encodeModel({ model: characterModel.model, config: describeCharRnn(characterModel) });
}

/**
 * Reads what `encodeCharRnn` wrote.
 * @throws UnrollError INVALID_FILE or STATE_MISMATCH (SafetensorsError among them) if it is damaged, another kind of model, or newer
 */
export function decodeCharRnn(bytes: Uint8Array): CharacterModel {
  const { config, state } = decodeModel(bytes);
  return restoreCharRnn(config, state);
}

/** Configuration and vocabulary as plain data. */
export function describeCharRnn({ config, vocabulary }: Pick<CharacterModel, 'config' | 'vocabulary'>): object {
  return { ...KIND, ...config, vocabulary: vocabulary.toJSON() };
}

/**
 * The model that `describeCharRnn` described, with saved parameters.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreCharRnn(description: unknown, state: StateDict): CharacterModel {
  const { vocabulary, ...config } = configOfKind(description, KIND);
  const restored = buildCharRnn(parseConfig(config), Vocabulary.fromJSON(vocabulary), new Rng(0));
  loadStateDict(restored.model, state);
  return restored;
}

/** How the commands keep models. */
export const CHAR_RNN_FORMAT: ModelFormat<CharacterModel> = {
  kind: KIND.kind,
  encode: encodeCharRnn,
  decode: decodeCharRnn,
  describe: describeCharRnn,
  restore: restoreCharRnn,
};
