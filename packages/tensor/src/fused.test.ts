import { expect, it } from 'vitest';
import { getBackend } from './active-backend.ts';
import { type Backend, type Differentiation, type RecordedOp, softmax, tensor, withRecorder } from './index.ts';
import type { CompositeOp } from './recorder.ts';

/** A backend with a kernel that gives what no definition would, and counts. */
function marked(): { readonly backend: Backend; readonly calls: () => number } {
  let calls = 0;
  const own = getBackend();
  const backend: Backend = {
    ...own,
    fused: {
      softmax: (_inputs, _attrs, [signature]) => {
        calls++;
        return [own.upload(Float32Array.of(7, 7), signature!)];
      },
    },
  };
  return { backend, calls: () => calls };
}

function differentiation(composites: CompositeOp[], tracked: boolean): Differentiation {
  return { vjp: () => [], isTracked: () => tracked, recordComposite: (op) => composites.push(op) };
}

it('a whole op runs on its kernel, and on its definition where there is none', () => {
  const { backend, calls } = marked();
  expect([...softmax(tensor([[1, 1]], { backend })).dataSync()]).toEqual([7, 7]);
  expect([...softmax(tensor([[1, 1]])).dataSync()]).toEqual([0.5, 0.5]);
  expect(calls()).toBe(1);
});

it('a recorder with derivatives hears of one op, which it can pull back; of none if nothing is tracked', () => {
  const { backend } = marked();
  const composites: CompositeOp[] = [];
  const heard: RecordedOp[] = [];
  const x = tensor([[1, 1]], { backend });
  const record = (op: RecordedOp): void => {
    heard.push(op);
  };
  withRecorder({ record, differentiation: differentiation(composites, false) }, () => softmax(x));
  expect(composites).toEqual([]);
  const y = withRecorder({ record, differentiation: differentiation(composites, true) }, () => softmax(x));
  expect(composites).toMatchObject([{ inputs: [x], outputs: [y] }]);
  expect(heard).toEqual([]);
  // y (dy − Σ y dy) with the kernel's y.
  const [dx] = composites[0]!.pullBack([tensor([[1, 0]], { backend })], [true]);
  expect([...dx!.dataSync()]).toEqual([7 * (1 - 7), 7 * (0 - 7)]);
});

it('a recorder without derivatives hears of primitives, and so do two recorders', () => {
  const { backend, calls } = marked();
  const x = tensor([[1, 1]], { backend });
  const heard: string[] = [];
  const recorder = { record: ({ primitive }: RecordedOp): void => void heard.push(primitive) };
  expect([...withRecorder(recorder, () => softmax(x)).dataSync()]).toEqual([0.5, 0.5]);
  expect(heard).toContain('exp');
  const deriving = { ...recorder, differentiation: differentiation([], true) };
  heard.length = 0;
  expect([...withRecorder(deriving, () => withRecorder(deriving, () => softmax(x))).dataSync()]).toEqual([0.5, 0.5]);
  expect(heard.filter((primitive) => primitive === 'exp')).toHaveLength(2);
  expect(calls()).toBe(0);
});
