import { type Option, UsageError, integer } from '@unroll/app-kit/cli';
import { samplingOptions } from '../train-options.ts';

/** What may be changed while talking. */
export interface ReplySettings {
  readonly temperature: number;
  readonly 'top-k': number | undefined;
  readonly 'top-p': number | undefined;
  readonly length: number;
}

export const lengthOption: Option<number> = integer({
  hint: 'n',
  help: 'characters of a reply at most; it also ends before an empty line',
  min: 1,
  fallback: '400',
});

const kinds: { readonly [name in keyof ReplySettings]: Option<ReplySettings[name]> } = {
  temperature: samplingOptions.temperature,
  'top-k': samplingOptions['top-k'],
  'top-p': samplingOptions['top-p'],
  length: lengthOption,
};

/** The names of all that may be changed. */
export const SETTINGS: readonly string[] = Object.keys(kinds);

/**
 * The settings with one of them changed, by its text.
 * @throws UsageError naming what would do
 */
export function changed(settings: ReplySettings, name: string, text: string): ReplySettings {
  const kind = kinds[name as keyof ReplySettings];
  if (text === 'off' && kind.fallback === undefined) return { ...settings, [name]: undefined };
  try {
    return { ...settings, [name]: kind.read(text) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const off = kind.fallback === undefined ? ', or off' : '';
    throw new UsageError(`/${name} ${text}: ${error.message}${off}.`, { cause: error });
  }
}

/** All of them, for people. */
export function toldSettings(settings: ReplySettings): string {
  return SETTINGS.map((name) => `${name} ${settings[name as keyof ReplySettings] ?? 'off'}`).join(', ');
}
