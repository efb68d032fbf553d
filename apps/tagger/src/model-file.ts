import { type ModelFormat, type ModelKind, configOfKind } from '@unroll/app-kit';
import { type StateDict, decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Rng } from '@unroll/tensor';
import { type TaggerModel, buildTagger } from './tagger-model.ts';
import { parseConfig } from './config.ts';
import { vocabulariesFromJSON, vocabulariesToJSON } from './vocabularies.ts';

const KIND: ModelKind = { kind: 'tagger', version: 1 };

/** One safetensors file with all that `decodeTagger` needs: the parameters, and configuration and vocabularies in its metadata. */
export async function encodeTagger(tagger: TaggerModel): Promise<Uint8Array> {
  return encodeModel({ model: tagger.model, config: describeTagger(tagger) });
}

/**
 * Reads what `encodeTagger` wrote.
 * @throws UnrollError INVALID_FILE or STATE_MISMATCH (SafetensorsError among them) if it is damaged, another kind of model, or newer
 */
export function decodeTagger(bytes: Uint8Array): TaggerModel {
  const { config, state } = decodeModel(bytes);
  return restoreTagger(config, state);
}

/** Configuration and vocabularies as plain data. */
export function describeTagger({ config, vocabularies }: Pick<TaggerModel, 'config' | 'vocabularies'>): object {
  return { ...KIND, ...config, vocabularies: vocabulariesToJSON(vocabularies) };
}

/**
 * The model that `describeTagger` described, with saved parameters.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreTagger(description: unknown, state: StateDict): TaggerModel {
  const { vocabularies, ...config } = configOfKind(description, KIND);
  const restored = buildTagger({
    config: parseConfig(config),
    vocabularies: vocabulariesFromJSON(vocabularies),
    rng: new Rng(0),
  });
  loadStateDict(restored.model, state);
  return restored;
}

/** How the commands keep models. */
export const TAGGER_FORMAT: ModelFormat<TaggerModel> = {
  kind: KIND.kind,
  encode: encodeTagger,
  decode: decodeTagger,
  describe: describeTagger,
  restore: restoreTagger,
};
