import { describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import type { CompiledLoop, LoopSteps } from './compiled-loop.ts';
import { naiveBackend } from './conformance/naive-backend.ts';
import type { LoopProgram } from './loop-program.ts';
import { profile } from './profile.ts';

const row = { shape: [3], dtype: 'float32' } as const;

/** A clock that a millisecond passes on each time it is read. */
function clock(): () => number {
  let time = 0;
  return () => time++;
}

const program = {} as LoopProgram;

/** With a kernel for a whole op, and loops that give back what they are given. */
function rich(): Backend {
  const backend = naiveBackend();
  const steps: LoopSteps = { step: (x) => x, run: (_, xs) => xs, carried: () => [], end: () => {} };
  const loop: CompiledLoop = Object.assign(
    ((run) => ({ carried: run.carried, series: new Map([[1, run.series(1)]]), totals: new Map() })) as CompiledLoop,
    { begin: () => steps },
  );
  return {
    ...backend,
    fused: { softmax: ([x]) => [backend.share(x!)] },
    compileLoop: (given) => (given === program ? loop : { reason: 'not this one' }),
  };
}

describe('a profiled backend', () => {
  it('counts calls, time and bytes of ops, uploads and downloads', async () => {
    const backend = profile(naiveBackend(), { now: clock() });
    const x = backend.upload(Float32Array.of(1, 2, 3), row);
    for (let i = 0; i < 4; i++) backend.primitives.add([x, x], {}, [row]);
    await backend.download(x);
    backend.downloadSync!(x);
    backend.free(backend.share(x));
    const byName = new Map(backend.profile().map((each) => [each.name, each]));
    expect(byName.get('add')).toEqual({ name: 'add', kind: 'primitive', calls: 4, milliseconds: 4, bytes: 144 });
    for (const name of ['upload', 'download', 'downloadSync']) {
      expect(byName.get(name)).toEqual({ name, kind: 'backend', calls: 1, milliseconds: 1, bytes: 12 });
    }
    expect([byName.get('share')!.calls, byName.get('free')!.calls]).toEqual([1, 1]);
    expect(backend.profile()[0]!.name, 'the most time first').toBe('add');
    backend.resetProfile();
    expect(backend.profile()).toEqual([]);
  });

  it('says of a device that works on by itself what its times are', () => {
    const ahead = profile({ ...naiveBackend(), runsAhead: true }, { now: clock() });
    expect(ahead.runsAhead).toBe(true);
    expect(ahead.profileTable()).toMatch(/total[^]*works on when a call has returned/);
    const plain = profile(naiveBackend());
    expect(plain.runsAhead).toBeUndefined();
    expect(plain.profileTable()).not.toContain('works on');
  });

  it('counts whole ops, compiled loops and their steps', () => {
    const backend = profile(rich(), { now: clock() });
    const x = backend.upload(Float32Array.of(1, 2, 3), row);
    backend.fused!.softmax!([x], { empty: 'nan' }, [row]);
    const loop = backend.compileLoop!(program) as CompiledLoop;
    loop({ time: 3, carried: [], constant: () => x, series: () => x });
    const steps = loop.begin!({ constant: () => x, carried: [] });
    steps.step(x);
    steps.run(3, x);
    const calls = Object.fromEntries(backend.profile().map(({ kind, name, calls: each }) => [`${kind} ${name}`, each]));
    expect(calls).toEqual({
      'backend upload': 1,
      'fused softmax': 1,
      'loop compileLoop': 1,
      'loop loop': 1,
      'loop step': 1,
      'loop steps': 1,
    });
    expect(backend.profile().find(({ name }) => name === 'loop')!.bytes).toBe(24);
  });

  it('answers the same to the same program, and passes a refusal on', () => {
    const backend = profile(rich());
    expect(backend.compileLoop!(program)).toBe(backend.compileLoop!(program));
    expect(backend.compileLoop!({ ...program })).toEqual({ reason: 'not this one' });
  });

  it('has the optional members that the backend has, and no others', () => {
    const bare = naiveBackend({ synchronous: false });
    const profiled = profile(bare);
    for (const member of ['downloadSync', 'fused', 'compileLoop']) expect(profiled).not.toHaveProperty(member);
    expect(Object.keys(profile(rich()).fused!)).toEqual(['softmax']);
  });

  it('prints a table', () => {
    const backend = profile(naiveBackend(), { now: clock() });
    const x = backend.upload(Float32Array.of(1, 2, 3), row);
    for (let i = 0; i < 3; i++) backend.primitives.neg([x], {}, [row]);
    expect(backend.profileTable().split('\n')).toEqual([
      'naive   kind       calls   ms    share  µs/call    MB',
      'neg     primitive      3  3.0   75.0 %   1000.0  0.00',
      'upload  backend        1  1.0   25.0 %   1000.0  0.00',
      'total                  4  4.0  100.0 %   1000.0  0.00',
    ]);
  });
});
