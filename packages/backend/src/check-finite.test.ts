import { describe, expect, it } from 'vitest';
import { checkFinite } from './check-finite.ts';
import { naiveBackend } from './conformance/naive-backend.ts';

const matrix = { shape: [2, 3], dtype: 'float32' } as const;
const scalar = { shape: [], dtype: 'float32' } as const;

describe('a backend that checks for finite numbers', () => {
  it('fails at the op that makes the first infinity, and names position, shapes and ranges', () => {
    const backend = checkFinite(naiveBackend());
    const x = backend.upload(Float32Array.of(1, 2, 3, 4, 0, 6), matrix);
    expect(() => backend.primitives.log([x], {}, [matrix])).toThrow(
      'checkFinite: log made -Infinity at [1, 1] of its [2, 3] float32 from finite inputs: [2, 3] float32 from 0 to 6. ' +
        'The logarithm of 0 is −∞',
    );
    expect(() => backend.primitives.log([x], {}, [matrix])).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
  });

  it('fails where infinities that were given become NaN', () => {
    const backend = checkFinite(naiveBackend());
    const x = backend.upload(Float32Array.of(1, -Infinity, 3, 4, 5, 6), matrix);
    expect(() => backend.primitives.sub([x, x], {}, [matrix])).toThrow(
      /sub made NaN at \[0, 1\] .* from inputs without NaN: \[2, 3\] float32 from -Infinity to 6/,
    );
  });

  it('lets pass what was not finite before', () => {
    const backend = checkFinite(naiveBackend());
    const x = backend.upload(Float32Array.of(1, NaN, Infinity, 4, 5, 6), matrix);
    const [y] = backend.primitives.exp([x], {}, [matrix]);
    const [z] = backend.primitives.log([backend.share(y!)], {}, [matrix]);
    expect(backend.downloadSync!(z!)[1]).toBeNaN();
  });

  it('lets −∞ in a mask pass, and the largest of nothing', () => {
    const backend = checkFinite(naiveBackend());
    const masked = backend.upload(Float32Array.of(0, 1, -Infinity, 1, 2, 3), matrix);
    expect(() => backend.primitives.exp([masked], {}, [matrix])).not.toThrow();
    const nothing = backend.upload(new Float32Array(0), { shape: [0], dtype: 'float32' });
    expect(() => backend.primitives.max([nothing], { axes: [0] }, [{ shape: [1], dtype: 'float32' }])).not.toThrow();
  });

  it('lets new infinities pass where they are meant, but not NaN', () => {
    const backend = checkFinite(naiveBackend(), { infinity: false });
    const x = backend.upload(Float32Array.of(0, 1, 2, 3, 4, 5), matrix);
    const [y] = backend.primitives.log([x], {}, [matrix]);
    expect(backend.downloadSync!(y!)[0]).toBe(-Infinity);
    expect(() => backend.primitives.sub([y!, y!], {}, [matrix])).toThrow(/sub made NaN at \[0, 0\]/);
  });

  it('gives the memory of the bad result back', () => {
    const naive = naiveBackend();
    const backend = checkFinite(naive);
    const x = backend.upload(Float32Array.of(-1), scalar);
    expect(() => backend.primitives.sqrt([x], {}, [scalar])).toThrow(/sqrt made NaN at \[\]/);
    expect(naive.live()).toBe(1);
  });

  it('checks whole ops, and says why steps are not compiled', () => {
    const naive = naiveBackend();
    const backend = checkFinite({
      ...naive,
      fused: { sgd: (inputs, _attrs, outputs) => naive.primitives.div([inputs[0]!, inputs[1]!], {}, outputs) },
      compileLoop: () => () => {
        throw new Error('nobody runs this');
      },
    });
    const zero = backend.upload(Float32Array.of(0), scalar);
    expect(Object.keys(backend.fused!)).toEqual(['sgd']);
    expect(() => backend.fused!.sgd!([zero, zero], { rate: 1, weightDecay: 0 }, [scalar])).toThrow(/sgd made NaN/);
    const program = {} as Parameters<NonNullable<typeof backend.compileLoop>>[0];
    expect(backend.compileLoop!(program)).toEqual({ reason: expect.stringContaining('run on the primitives') });
  });

  it('has no members that the backend lacks, and wants downloadSync', () => {
    const backend = checkFinite(naiveBackend());
    for (const member of ['fused', 'compileLoop']) expect(backend).not.toHaveProperty(member);
    const waiting = naiveBackend({ synchronous: false });
    expect(() => checkFinite(waiting)).toThrow(/naive has no downloadSync/);
  });
});
