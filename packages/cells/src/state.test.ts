import { type Tensor, zeros } from '@unroll/tensor';
import { expect, it } from 'vitest';
import type { State } from './cell.ts';
import { checkSameState, leavesInOrderOf, replaceLeaves } from './state.ts';

const [a, b, c] = [zeros([2, 3]), zeros([2, 3]), zeros([2, 3])];

it('finds the leaves of a state in the order of another, whatever their own', () => {
  const order = { h: a, below: [b, { c }] };
  expect(leavesInOrderOf(order, { below: [a, { c: b }], h: c })).toEqual([c, a, b]);
  expect(leavesInOrderOf(a, b)).toEqual([b]);
  expect(replaceLeaves(order, [b, c, a])).toEqual({ h: b, below: [c, { c: a }] });
});

it('takes of a list what is in it, and not what hangs on it', () => {
  const list: readonly Tensor[] = Object.assign([a, b], { extra: c });
  expect(leavesInOrderOf(list, list)).toEqual([a, b]);
  expect(() => checkSameState('here', [a, b], list)).not.toThrow();
});

it('names the leaf that does not fit', () => {
  const expected = { h: a, c: b };
  const check = (actual: unknown) => (): void => checkSameState('here', actual as State, expected);
  expect(check({ c: b, h: a })).not.toThrow();
  expect(check({ h: a })).toThrow('here: state.c is missing');
  expect(check({ h: a, c: b, x: c })).toThrow('here: state.x is not part');
  expect(check({ h: a, c: zeros([2, 4]) })).toThrow('here: state.c is [2, 4]; it should be [2, 3]');
  expect(check({ h: a, c: zeros([2, 3], { dtype: 'float64' }) })).toThrow('here: state.c is float64');
  class Hidden {
    readonly own = a;
    readonly other = b;
    get h(): Tensor {
      return this.own;
    }
    get c(): Tensor {
      return this.other;
    }
  }
  expect(check(new Hidden())).toThrow('here: state.h is missing');
});
