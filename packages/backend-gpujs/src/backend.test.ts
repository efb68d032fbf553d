import {
  type Backend,
  type Buffer,
  type Kernel,
  type Primitive,
  type TypedArray,
  inferSignatures,
} from '@unroll/backend';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { assemble, gpujs } from './backend.ts';
import { Device } from './device/index.ts';
import { lateLibrary } from './device/testing.ts';
import { loadGpuJs } from './gpujs.ts';
import { MODES, availableModes } from './modes.ts';

const library = await loadGpuJs();
const backend = await gpujs({ mode: 'cpu' });
afterAll(() => backend.dispose());

/** Runs an op. */
function call(on: Backend, op: Primitive, inputs: readonly Buffer[], attrs: unknown = {}): Buffer {
  const signatures = inferSignatures(op, inputs, attrs as never);
  return (on.primitives[op] as Kernel<unknown>)(inputs, attrs, signatures)[0]!;
}

function upload(on: Backend, data: TypedArray, shape: readonly number[] = [data.length]): Buffer {
  return on.upload(data, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' });
}

const ints = (...numbers: number[]): Buffer => upload(backend, Int32Array.of(...numbers));
const read = async (buffer: Buffer): Promise<number[]> => [...(await backend.download(buffer))];

function pretended(): { readonly late: Backend; readonly fail: (message: string) => void } {
  const lateGpuJs = lateLibrary(library);
  const { openContext } = lateGpuJs;
  const device = new Device({ library: lateGpuJs, mode: 'webgpu', kernels: 50, kernelBytes: 1e6, openContext });
  const late = assemble(device, 'pretended');
  return { late, fail: (message) => lateGpuJs.failNext(message) };
}

describe('modes', () => {
  it('are all listed, with a reason and a remedy for each that cannot be had', async () => {
    const modes = await availableModes();
    expect(modes.map(({ mode }) => mode)).toEqual(MODES);
    for (const { available, reason } of modes) expect(available).toBe(reason === '');
    expect(modes.filter(({ available }) => available).map(({ mode }) => mode)).toEqual(
      expect.arrayContaining(['webasm', 'cpu']),
    );
  });

  it('are had as asked for, or refused with the reason: nothing takes their place', async () => {
    for (const { mode, available, reason } of await availableModes()) {
      if (available) {
        const got = await gpujs({ mode });
        expect(got.mode).toBe(mode);
        expect(got.name).toBe(`gpujs ${mode}`);
        expect(got.explain()).toContain(`in mode '${mode}', as asked, on: ${got.device}`);
        await got.dispose();
      } else {
        const made = gpujs({ mode });
        await expect(made).rejects.toMatchObject({ code: 'NOT_AVAILABLE' });
        await expect(made).rejects.toThrow(reason);
      }
    }
  });

  it('that do not exist are refused, as are sizes that are none', async () => {
    await expect(gpujs({ mode: 'gpu' as 'cpu' })).rejects.toThrow(/there is no mode 'gpu'. Modes: webgpu, webgl2/);
    await expect(gpujs({ mode: 'cpu', kernels: 0 })).rejects.toThrow('kernels must be 1 or more, got 0');
    await expect(gpujs({ mode: 'cpu', kernelBytes: NaN })).rejects.toThrow('kernelBytes must be 1 or more, got NaN');
    await expect(gpujs({ mode: 'cpu', sideLimit: 0 })).rejects.toThrow('sideLimit must be 1 or more, got 0');
  });
});

describe('a backend that was disposed of', () => {
  it.each([
    ['at once', () => gpujs({ mode: 'cpu' })],
    ['later', async () => pretended().late as Awaited<ReturnType<typeof gpujs>>],
  ])('refuses everything but frees, one that computes %s', async (_, make) => {
    const on = await make();
    const constant = Float32Array.of(1, 1);
    const [floats, whole] = [upload(on, constant), upload(on, Int32Array.of(1, 2))];
    await Promise.all([on.dispose(), on.dispose()]);
    const gone = { code: 'USE_AFTER_DISPOSE' };
    for (const data of [constant, Float32Array.of(1, 2), Int32Array.of(3)]) {
      expect(() => upload(on, data)).toThrow(expect.objectContaining(gone));
    }
    for (const buffer of [floats, whole]) {
      await expect(on.download(buffer)).rejects.toMatchObject(gone);
      expect(() => on.share(buffer)).toThrow(expect.objectContaining(gone));
      expect(() => call(on, 'neg', [buffer])).toThrow(expect.objectContaining(gone));
      on.free(buffer);
    }
  });
});

describe('whole numbers', () => {
  it('come back as they are, however large, as long as nothing computes with them', async () => {
    const numbers = [2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1, 0];
    const x = upload(backend, Int32Array.from(numbers), [2, 2]);
    expect(await read(x)).toEqual(numbers);
    const turned = call(backend, 'transpose', [x], { order: [1, 0] });
    expect(await read(turned)).toEqual([numbers[0], numbers[2], numbers[1], numbers[3]]);
  });

  it('that float32 would round are refused when an op wants them', () => {
    expect(() => call(backend, 'add', [ints(2 ** 24 + 1), ints(1)])).toThrow(
      /add: the int32 16777217 at position 0 is beyond ±16777216/,
    );
  });

  it('that an op would round are marked, and refused when they are read or used', async () => {
    const large = ints(2 ** 24, 5);
    const sum = call(backend, 'add', [large, ints(1)]);
    await expect(backend.download(sum)).rejects.toThrow(/position 0 of an int32 result is beyond/);
    expect(await read(call(backend, 'slice', [sum], { axis: 0, start: 1, size: 1 }))).toEqual([6]);
    // Ops carry the mark on, also where its value would look harmless.
    const again = call(backend, 'sub', [sum, sum]);
    await expect(backend.download(again)).rejects.toThrow(/position 0/);
    await expect(backend.download(call(backend, 'less', [sum, large]))).rejects.toThrow(/position 0/);
    await expect(backend.download(call(backend, 'sum', [sum], { axes: [0] }))).rejects.toThrow(/position 0/);
    const table = upload(backend, new Float32Array(8), [8, 1]);
    expect(() => call(backend, 'gather', [table, sum])).toThrow(/is out of range/);
    // As a float it is ∞, which spreads.
    expect(await read(call(backend, 'cast', [sum], { dtype: 'float32' }))).toEqual([Infinity, 6]);
  });

  it('are exact up to the bound', async () => {
    expect(await read(call(backend, 'add', [ints(2 ** 24 - 1, -(2 ** 24)), ints(1, 0)]))).toEqual([
      2 ** 24,
      -(2 ** 24),
    ]);
  });

  it('one beyond the bound, which float32 rounds to the bound, are marked by whatever computes them', async () => {
    // Unlike mode cpu, this one computes in float32.
    const on = await gpujs({ mode: 'webasm' });
    const whole = (...numbers: number[]): Buffer => upload(on, Int32Array.of(...numbers));
    const [bound, one, zero] = [whole(2 ** 24), whole(1), whole(0)];
    const next = [
      call(on, 'add', [bound, one]),
      call(on, 'sub', [call(on, 'neg', [bound]), one]),
      call(on, 'mul', [whole(97), whole(172961)]),
      call(on, 'sum', [whole(2 ** 24 - 1, 2)], { axes: [0] }),
      call(on, 'scatterAdd', [whole(2 ** 24, 1), whole(0, 0)], { rows: 1 }),
      call(
        on,
        'scatterAdd',
        [whole(2 ** 24, ...Array.from({ length: 400 }, () => 1)), upload(on, new Int32Array(401))],
        {
          rows: 400,
        },
      ),
    ];
    for (const each of next) await expect(on.download(each)).rejects.toThrow(/position 0 of an int32 result is beyond/);
    const exact = [
      call(on, 'sub', [call(on, 'neg', [whole(2 ** 24 - 1)]), one]),
      call(on, 'mul', [whole(-4096), whole(4096)]),
      call(on, 'sum', [whole(2 ** 24 - 3, 3)], { axes: [0] }),
      call(on, 'scatterAdd', [whole(2 ** 24 - 1, 1), whole(0, 0)], { rows: 1 }),
      call(on, 'add', [bound, zero]),
    ];
    const values = await Promise.all(exact.map(async (each) => (await on.download(each))[0]));
    expect(values).toEqual([-(2 ** 24), -(2 ** 24), 2 ** 24, 2 ** 24, 2 ** 24]);
    await on.dispose();
  });

  it('that were rounded do not get lost where the largest is looked for', async () => {
    const low = call(backend, 'add', [ints(-(2 ** 24), 5), ints(-(2 ** 24), 0)]);
    const high = call(backend, 'neg', [low]);
    for (const each of [low, high]) {
      await expect(backend.download(call(backend, 'max', [each], { axes: [0] }))).rejects.toThrow(/is beyond/);
      await expect(backend.download(call(backend, 'argmax', [each], { axis: 0 }))).rejects.toThrow(/is beyond/);
    }
    await expect(backend.download(call(backend, 'relu', [high]))).rejects.toThrow(/is beyond/);
    const best = call(backend, 'argmax', [low], { axis: 0 });
    expect(() => call(backend, 'gather', [upload(backend, new Float32Array(2)), best])).toThrow(/is out of range/);
  });
});

describe('indices', () => {
  it('that come from the host are checked there: nothing is read back, on WebGPU neither', () => {
    const { late } = pretended();
    const table = upload(late, Float32Array.of(1, 2, 3, 4), [2, 2]);
    const indices = upload(late, Int32Array.of(0, 1, 2, 0), [2, 2]);
    expect(() => call(late, 'gather', [table, indices])).toThrow(
      /gather: index 2 at position 2 is out of range: there are 2 rows/,
    );
    // What only moved them leaves them known.
    const [row] = [call(late, 'slice', [indices], { axis: 0, start: 1, size: 1 })];
    expect(() => call(late, 'gather', [table, row])).toThrow(/index 2 at position 0/);
  });

  it('that an op made are checked too: at once, or on WebGPU with the next read', async () => {
    for (const [on, waits] of [
      [backend, false],
      [pretended().late, true],
    ] as const) {
      const table = upload(on, Float32Array.of(1, 2, 3, 4), [2, 2]);
      const indices = call(on, 'add', [upload(on, Int32Array.of(0, 1)), upload(on, Int32Array.of(1))]);
      const gather = (): Buffer => call(on, 'gather', [table, indices]);
      if (waits) {
        await expect(on.download(gather())).rejects.toThrow(/gather: index 2 at position 1 is out of range/);
      } else {
        expect(gather).toThrow(/gather: index 2 at position 1 is out of range/);
      }
    }
  });

  it('of an argmax are known to be in range, and are not read back', async () => {
    const x = upload(backend, Float32Array.of(1, 5, 2, 7, 0, 3), [2, 3]);
    const best = call(backend, 'argmax', [x], { axis: 1 });
    const { downloads } = backend.statistics();
    const table = upload(backend, Float32Array.of(10, 20, 30), [3, 1]);
    const rows = call(backend, 'gather', [table, best]);
    expect(backend.statistics().downloads).toBe(downloads);
    expect(await read(rows)).toEqual([20, 10]);
    // As a scatter's they are sorted by nobody: each row looks at all of them.
    const sums = call(backend, 'scatterAdd', [upload(backend, Float32Array.of(3, 4), [2, 1]), best], { rows: 3 });
    expect(await read(sums)).toEqual([4, 3, 0]);
  });

  it('out of range among targets: the error names the position, on WebGPU with the next read', async () => {
    for (const [on, waits] of [
      [backend, false],
      [pretended().late, true],
    ] as const) {
      const logits = upload(on, new Float32Array(6), [2, 3]);
      const targets = call(on, 'add', [upload(on, Int32Array.of(0, 2)), upload(on, Int32Array.of(1))]);
      const outputs = [{ shape: [2], dtype: 'float32' }] as const;
      const losses = (): Buffer => on.fused!.crossEntropy!([logits, targets], { ignoreIndex: -100 }, outputs)[0]!;
      if (waits) await expect(on.download(losses())).rejects.toThrow('the target at [1] is 3');
      else expect(losses).toThrow('the target at [1] is 3');
    }
  });
});

describe('scatterAdd', () => {
  it.each([
    [3, 'by looking at all of them'],
    [60, 'by a table'],
  ])('into %i rows adds up thousands of equal indices %s, of the host and of the device', async (rows) => {
    const ones = upload(backend, new Float32Array(3000).fill(1));
    const host = upload(backend, new Int32Array(3000).fill(1));
    const device = call(backend, 'add', [host, ints(0)]);
    for (const indices of [host, device]) {
      const sums = await read(call(backend, 'scatterAdd', [ones, indices], { rows }));
      expect(sums).toEqual(Array.from({ length: rows }, (_, row) => (row === 1 ? 3000 : 0)));
    }
  });
});

describe('float64', () => {
  it('is refused wherever it may come up, with what to do instead', () => {
    const double = { shape: [1], dtype: 'float64' } as const;
    expect(() => backend.upload(Float64Array.of(1), double)).toThrow(/there is no float64 on the GPU. Use float32/);
    const x = upload(backend, Float32Array.of(1));
    expect(() => backend.primitives.cast([x], { dtype: 'float64' }, [double])).toThrow(/no float64/);
  });
});

describe('an op whose kernels fail', () => {
  /** Lets so many kernels run, then none. */
  class Failing extends Device {
    left = Infinity;

    override run(...args: Parameters<Device['run']>): ReturnType<Device['run']> {
      if (this.left-- <= 0) throw new Error('no more');
      return super.run(...args);
    }
  }
  const fused = (on: Backend, op: 'softmax' | 'logSoftmax', x: Buffer): unknown =>
    op === 'softmax' ? on.fused!.softmax!([x], { empty: 'nan' }, [x]) : on.fused!.logSoftmax!([x], {}, [x]);

  it.each<readonly [string, (on: Backend) => () => unknown]>([
    [
      'concat',
      (on) => {
        const pieces = Array.from({ length: 9 }, (_, i) => upload(on, Float32Array.of(i, 1)));
        return () => call(on, 'concat', pieces, { axis: 0 });
      },
    ],
    [
      'sum',
      (on) => {
        const x = upload(
          on,
          Float32Array.from({ length: 3000 }, (_, i) => i),
        );
        return () => call(on, 'sum', [x], { axes: [0] });
      },
    ],
    [
      'matmul',
      (on) => {
        const x = upload(
          on,
          Float32Array.from({ length: 33 * 33 }, (_, i) => i),
          [33, 33],
        );
        return () => call(on, 'matmul', [x, x], { transposeA: false, transposeB: false });
      },
    ],
    [
      'scatterAdd',
      (on) => {
        const ones = upload(on, new Float32Array(3000).fill(1));
        const indices = upload(on, new Int32Array(3000).fill(1));
        return () => call(on, 'scatterAdd', [ones, indices], { rows: 60 });
      },
    ],
    [
      'softmax',
      (on) => {
        const x = upload(on, Float32Array.of(1, 2, 3), [1, 3]);
        return () => fused(on, 'softmax', x);
      },
    ],
    [
      'logSoftmax',
      (on) => {
        const x = upload(on, Float32Array.of(1, 2, 3), [1, 3]);
        return () => fused(on, 'logSoftmax', x);
      },
    ],
    [
      'crossEntropyWithGradient',
      (on) => {
        const x = upload(on, Float32Array.of(1, 2, 3), [1, 3]);
        const targets = upload(on, Int32Array.of(1));
        const loss = { shape: [1], dtype: 'float32' } as const;
        return () => on.fused!.crossEntropyWithGradient!([x, targets], { ignoreIndex: -1 }, [loss, x]);
      },
    ],
    [
      'sumOfSquares',
      (on) => {
        const some = [1, 2].map((n) => upload(on, Float32Array.of(n, 3)));
        return () => on.fused!.sumOfSquares!(some, {}, [{ shape: [], dtype: 'float32' }]);
      },
    ],
  ])('gives everything back, at whichever it ends: %s', async (_, prepare) => {
    const late = lateLibrary(library);
    const { openContext } = late;
    const device = new Failing({ library: late, mode: 'webgpu', kernels: 50, kernelBytes: 1e6, openContext });
    await device.describe();
    const on = assemble(device, 'pretended');
    const run = prepare(on);
    // What inputs keep on the device from the first call on is theirs.
    run();
    const { handles } = device.statistics;
    let failures = 0;
    for (let kernels = 0; ; kernels++) {
      device.left = kernels;
      try {
        run();
        break;
      } catch (error) {
        expect(error).toMatchObject({ message: 'no more' });
        expect(device.statistics.handles).toBe(handles);
        failures++;
      }
    }
    expect(failures).toBeGreaterThan(0);
    await on.dispose();
  });
});

describe('where the exponential of NaN is a number, as on some devices', () => {
  it('softmax and cross-entropy of NaN are NaN', async () => {
    const exp = Math.exp;
    const odd = vi.spyOn(Math, 'exp').mockImplementation((x) => (Number.isNaN(x) ? 1 : exp(x)));
    try {
      const x = upload(backend, Float32Array.of(1, NaN, 2), [1, 3]);
      const loss = { shape: [1], dtype: 'float32' } as const;
      const { softmax, crossEntropyWithGradient } = backend.fused!;
      const [y] = softmax!([x], { empty: 'nan' }, [x]);
      const [, gradient] = crossEntropyWithGradient!([x, ints(1)], { ignoreIndex: -1 }, [loss, x]);
      for (const each of [y!, gradient!]) expect(await read(each)).toEqual([NaN, NaN, NaN]);
    } finally {
      odd.mockRestore();
    }
  });
});

describe('memory', () => {
  it('keeps a single number on the device for the next time, and not too many of them', () => {
    const before = backend.statistics();
    for (let i = 0; i < 200; i++) {
      for (let again = 0; again < 3; again++) backend.free(upload(backend, Float32Array.of(i + 0.5)));
    }
    const after = backend.statistics();
    expect(after.uploads - before.uploads).toBe(200);
    expect(after.buffers).toBe(before.buffers);
    expect(after.textures - before.textures).toBeLessThanOrEqual(64);
  });

  it('keeps what is one number over and over, floats and whole numbers, by value and by length', async () => {
    const before = backend.statistics();
    for (let again = 0; again < 3; again++) {
      const zeros = [12, 13].map((length) => upload(backend, new Float32Array(length)));
      const added = call(backend, 'add', [ints(-100), ints(-100)]);
      expect(await read(call(backend, 'add', [zeros[0]!, zeros[0]!]))).toEqual(Array.from({ length: 12 }, () => 0));
      expect(await read(added)).toEqual([-200]);
      for (const buffer of [...zeros, added]) backend.free(buffer);
    }
    expect(backend.statistics().uploads - before.uploads).toBeLessThanOrEqual(3);
  });

  it('tells 0 from −0', async () => {
    const zeros = [0, -0].map((zero) => upload(backend, Float32Array.of(zero)));
    const values = await Promise.all(zeros.map(read));
    expect(values.map(([value]) => Object.is(value, -0))).toEqual([false, true]);
  });

  it('of a batch of integers goes up once for inputs and targets, and is freed with the last of them', async () => {
    const before = backend.statistics();
    const batch = upload(backend, Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 4]);
    const parts = [0, 1].map((start) => call(backend, 'slice', [batch], { axis: 1, start, size: 3 }));
    backend.free(batch);
    const flat = call(backend, 'reshape', [parts[1]!], { shape: [6] });
    const negated = [...parts, flat].map((part) => call(backend, 'neg', [part]));
    expect(await Promise.all(negated.map(read))).toEqual([
      [-1, -2, -3, -5, -6, -7],
      [-2, -3, -4, -6, -7, -8],
      [-2, -3, -4, -6, -7, -8],
    ]);
    expect(backend.statistics().uploads - before.uploads).toBe(1);
    for (const buffer of [...parts, flat, ...negated]) backend.free(buffer);
    expect(backend.statistics()).toMatchObject({ buffers: before.buffers, textures: before.textures });
  });

  it('of integers: a small part goes up without what is around it, as does one beside numbers that are too large', async () => {
    const many = upload(
      backend,
      Int32Array.from({ length: 1000 }, (_, i) => i),
    );
    const mixed = ints(2 ** 25, 5, 6, 7);
    const { bytes } = backend.statistics();
    const few = call(backend, 'slice', [many], { axis: 0, start: 500, size: 3 });
    const small = call(backend, 'slice', [mixed], { axis: 0, start: 1, size: 3 });
    const results = [few, small].map((each) => call(backend, 'neg', [each]));
    expect(await Promise.all(results.map(read))).toEqual([
      [-500, -501, -502],
      [-5, -6, -7],
    ]);
    expect(backend.statistics().bytes - bytes).toBe(4 * 3 * 4);
    for (const buffer of [many, mixed, few, small, ...results]) backend.free(buffer);
  });

  it('of integers is on the device only when an op wants it there', () => {
    const before = backend.statistics();
    const x = ints(1, 2, 3, 4, 5, 6, 7);
    const y = call(backend, 'reshape', [x], { shape: [7, 1] });
    expect(backend.statistics().uploads).toBe(before.uploads);
    backend.free(call(backend, 'neg', [y]));
    backend.free(call(backend, 'neg', [y]));
    expect(backend.statistics().uploads).toBe(before.uploads + 1);
    for (const buffer of [x, y]) backend.free(buffer);
    expect(backend.statistics()).toMatchObject({ buffers: before.buffers, textures: before.textures });
  });
});

describe('on a device that answers later', () => {
  it('the first error comes with the next read, by the name of the op, and what follows computes nothing', async () => {
    const { late, fail } = pretended();
    const x = upload(late, Float32Array.of(1, 2));
    expect([...(await late.download(x))]).toEqual([1, 2]);
    fail('the driver gave up');
    const y = call(late, 'exp', [x]);
    await expect(late.download(call(late, 'neg', [y]))).rejects.toMatchObject({
      code: 'DEVICE_FAILED',
      message: 'gpujs: exp failed on the device: the driver gave up',
    });
  });

  it('there is no downloadSync', () => {
    expect(pretended().late).not.toHaveProperty('downloadSync');
    expect(backend).toHaveProperty('downloadSync');
  });
});
