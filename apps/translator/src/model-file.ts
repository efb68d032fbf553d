import { type ModelFormat, type ModelKind, configOfKind } from '@unroll/app-kit';
import { type StateDict, decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Rng } from '@unroll/tensor';
import { type Translator, buildTranslator, parseConfig } from './config.ts';
import { restoreSide } from './text/side.ts';

const KIND: ModelKind = { kind: 'translator', version: 1 };

/** One safetensors file with all that `decodeTranslator` needs: the parameters, and configuration and vocabularies in its metadata. */
export async function encodeTranslator(translator: Translator): Promise<Uint8Array> {
  return encodeModel({ model: translator.model, config: describeTranslator(translator) });
}

/**
 * Reads what `encodeTranslator` wrote.
 * @throws UnrollError INVALID_FILE or STATE_MISMATCH (SafetensorsError among them) if it is damaged, another kind of model, or newer
 */
export function decodeTranslator(bytes: Uint8Array): Translator {
  const { config, state } = decodeModel(bytes);
  return restoreTranslator(config, state);
}

/** Configuration and both sides as plain data. */
export function describeTranslator({ config, source, target }: Omit<Translator, 'model'>): object {
  return { ...KIND, ...config, source: source.toJSON(), target: target.toJSON() };
}

/**
 * The model that `describeTranslator` described, with saved parameters.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreTranslator(description: unknown, state: StateDict): Translator {
  const { source, target, ...fields } = configOfKind(description, KIND);
  const sides = { source: restoreSide(source), target: restoreSide(target) };
  const restored = buildTranslator(parseConfig(fields), { ...sides, rng: new Rng(0) });
  loadStateDict(restored.model, state);
  return restored;
}

/** How the commands keep models. */
export const TRANSLATOR_FORMAT: ModelFormat<Translator> = {
  kind: KIND.kind,
  encode: encodeTranslator,
  decode: decodeTranslator,
  describe: describeTranslator,
  restore: restoreTranslator,
};
