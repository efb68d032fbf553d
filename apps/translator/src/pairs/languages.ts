import { UnrollError } from '@unroll/tensor';

/** The two sides of a translation, as BCP 47 tags: `en`, `pt-BR`. */
export interface Languages {
  readonly from: string;
  readonly to: string;
}

/**
 * Both tags in their usual spelling.
 * @throws UnrollError INVALID_ARGUMENT if the runtime has no data of a language, or both are the same
 */
export function checkLanguages({ from, to }: Languages): Languages {
  const checked = { from: known(from), to: known(to) };
  if (checked.from !== checked.to) return checked;
  throw new UnrollError('INVALID_ARGUMENT', `Both languages are ${from}. Choose two.`);
}

function known(tag: string): string {
  try {
    const [found] = Intl.DateTimeFormat.supportedLocalesOf([tag], { localeMatcher: 'lookup' });
    if (found !== undefined) return found;
  } catch {
    throw new UnrollError('INVALID_ARGUMENT', `${JSON.stringify(tag)} is no language tag. Give one like en or pt-BR.`);
  }
  throw new UnrollError('INVALID_ARGUMENT', `This runtime has no data of the language ${tag}. Choose another.`);
}
