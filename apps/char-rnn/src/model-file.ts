import { Vocabulary } from '@unroll/data';
import { type StateDict, decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Rng, UnrollError } from '@unroll/tensor';
import { type CharacterModel, buildCharRnn, parseConfig } from './config.ts';

const KIND = 'char-rnn';
const VERSION = 1;

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
  return { kind: KIND, version: VERSION, ...config, vocabulary: vocabulary.toJSON() };
}

/**
 * The model that `describeCharRnn` described, with saved parameters.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreCharRnn(description: unknown, state: StateDict): CharacterModel {
  const { kind, version, vocabulary, ...config } = asRecord(description);
  if (kind !== KIND) {
    const found = kind === undefined ? 'says nothing of its kind' : `is of the kind ${JSON.stringify(kind)}`;
    throw new UnrollError('INVALID_FILE', `The model in the file ${found}; a ${KIND} model is needed.`);
  }
  if (version !== VERSION) {
    throw new UnrollError(
      'INVALID_FILE',
      `The ${KIND} model in the file has the version ${JSON.stringify(version)}; this release reads ${VERSION}. Update @unroll/char-rnn.`,
    );
  }
  const restored = buildCharRnn(parseConfig(config), Vocabulary.fromJSON(vocabulary), new Rng(0));
  loadStateDict(restored.model, state);
  return restored;
}

function asRecord(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
}
