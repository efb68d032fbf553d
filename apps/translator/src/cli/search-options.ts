import {
  type BackendValues,
  type NoEffect,
  type OptionsFor,
  backendNoEffect,
  backendOptions,
  integer,
  number,
  path,
} from '@unroll/app-kit/cli';

/** Which model translates, and how it searches. */
export interface SearchValues extends BackendValues {
  readonly model: string;
  readonly beam: number;
  readonly 'length-penalty': number;
  readonly 'max-length': number;
}

export const searchOptions: OptionsFor<SearchValues> = {
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'translator-model' }),
  beam: integer({ hint: 'n', help: 'hypotheses that are followed at a time; 1 is greedy', min: 1, fallback: '4' }),
  'length-penalty': number({
    hint: 'x',
    help: '0 favours short translations, 1 long ones',
    range: 'from 0 on',
    allows: (value) => value >= 0,
    fallback: '0.6',
  }),
  'max-length': integer({ hint: 'n', help: 'the most tokens of a translation', min: 1, fallback: '200' }),
  ...backendOptions,
};

/** What does nothing beside others. */
export const searchNoEffect: readonly NoEffect<SearchValues>[] = [
  ...backendNoEffect,
  { options: ['length-penalty'], where: { beam: 1 } },
];
