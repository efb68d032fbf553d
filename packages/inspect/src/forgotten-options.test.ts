import { LstmCell } from '@unroll/cells';
import { Rng, zeros } from '@unroll/tensor';
import { expect, it } from 'vitest';
import * as all from './index.ts';

const model = new LstmCell({ inputSize: 2, hiddenSize: 2, rng: new Rng(1) });
const loss = (): unknown => ({ loss: zeros([]) });

const functions = new Map<string, unknown>(Object.entries(all));

// As plain JavaScript calls them, which forgets options and misspells them.
it.each<readonly [string, readonly unknown[], string]>([
  ['inspect', [model], 'inspect: xs is missing'],
  ['inspect', [], 'inspect: layer and xs are missing'],
  ['inspectRun', [model], 'inspectRun: run is missing'],
  ['gradientThroughTime', [{ model }], 'gradientThroughTime: loss is missing'],
  ['diagnose', [{ model, loss }], 'diagnose: data is missing'],
  ['diagnose', [{ model, loss, data: { batches: 1 } }], 'diagnose, data: source or batch is missing'],
  ['probed', [], 'probed: cell is missing'],
  ['curvesSvg', [{}], 'curvesSvg: title and curves are missing'],
  ['curvesText', [{ title: '' }], 'curvesText: curves is missing'],
  ['heatMapsSvg', [{ title: '' }], 'heatMapsSvg: panels is missing'],
  ['heatMapText', [{ title: '' }], 'heatMapText: matrix is missing'],
])('%s names what is forgotten', async (name, given, message) => {
  const call = async (): Promise<unknown> => Reflect.apply(functions.get(name) as () => unknown, undefined, given);
  await expect(call()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});
