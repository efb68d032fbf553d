import { describe, expect, it } from 'vitest';
import { type GpuJs, type RawKernel, loadGpuJs } from '../gpujs.ts';
import { Device } from './device.ts';
import { Handle } from './handle.ts';
import type { DeviceOptions } from './options.ts';
import type { KernelSource } from './kernel-source.ts';
import { GL_ERRORS, glLibrary, lateLibrary } from './testing.ts';

const library = await loadGpuJs();

function deviceOf(options: Partial<DeviceOptions> = {}): Device {
  return new Device({ library, mode: 'cpu', kernels: 100, kernelBytes: 2 ** 20, ...options });
}

function late(): { readonly device: Device; readonly library: ReturnType<typeof lateLibrary> } {
  const pretended = lateLibrary(library);
  return { device: lateDevice(pretended), library: pretended };
}

function lateDevice(pretended: ReturnType<typeof lateLibrary>, options: Partial<DeviceOptions> = {}): Device {
  return deviceOf({ library: pretended, mode: 'webgpu', openContext: pretended.openContext, ...options });
}

const plus = (n: number, size = 3): KernelSource => ({
  name: `plus ${n}`,
  source: `function(a,b){return a[index]+b+${n};}`,
  width: size,
  rows: 1,
  components: 1,
  inputs: [1],
  scalars: ['float'],
});

describe.each([
  ['at once', () => deviceOf()],
  ['in WebAssembly', () => deviceOf({ mode: 'webasm' })],
  ['in textures whose sides are short', () => deviceOf({ sideLimit: 3 })],
  ['later', () => late().device],
])('a device that computes %s', (_, make) => {
  it('runs calls in their order, frees in between included', async () => {
    const device = make();
    let x = device.upload(Float32Array.of(1, 2, 3));
    const downloads = [];
    for (let i = 0; i < 20; i++) {
      const next = device.run(plus(0.5), [x], [i]);
      downloads.push(device.download(x));
      device.free(x);
      x = next;
    }
    const all = await Promise.all(downloads);
    let expected = [1, 2, 3];
    for (const [i, data] of all.entries()) {
      expect([...data]).toEqual(expected);
      expected = expected.map((each) => each + 0.5 + i);
    }
    device.free(x);
    await device.dispose();
  });

  it('gives texels of four as scalars in their order', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2));
    const texels = device.run(
      {
        name: 'powers',
        source: 'function(a){const x=a[index];return [x,x*x,x*x*x,x*x*x*x];}',
        width: 2,
        rows: 1,
        components: 4,
        inputs: [1],
      },
      [x],
    );
    const scalars = device.asScalars(texels);
    device.free(texels);
    const more = device.run(plus(0, 8), [scalars], [1]);
    expect([...(await device.download(scalars))]).toEqual([1, 1, 1, 1, 2, 4, 8, 16]);
    expect([...(await device.download(more))]).toEqual([2, 2, 2, 2, 3, 5, 9, 17]);
    for (const handle of [x, scalars, more]) device.free(handle);
    expect(device.statistics).toMatchObject({ handles: 0, textures: 0, bytes: 0 });
    await device.dispose();
  });

  it('frees memory with its last handle, and refuses a handle that was freed', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const again = device.share(x);
    device.free(x);
    expect(() => device.free(x)).toThrow(/was freed and cannot be freed again/);
    expect(() => device.run(plus(1), [x], [0])).toThrow(/was freed and cannot be read/);
    await expect(device.download(x)).rejects.toThrow(/was freed/);
    expect([...(await device.download(again))]).toEqual([1, 2, 3]);
    expect(device.statistics.textures).toBe(1);
    device.free(again);
    expect(device.statistics).toMatchObject({ handles: 0, textures: 0, bytes: 0 });
    await device.dispose();
  });

  it('keeps results whose kernels were thrown out', async () => {
    const small = make();
    await small.dispose();
    const { mode } = small;
    const few = { kernels: 1 };
    const device = mode === 'webgpu' ? lateDevice(lateLibrary(library), few) : deviceOf({ mode, ...few });
    const x = device.upload(Float32Array.of(1, 2, 3));
    const results = [1, 2, 3].map((n) => device.run(plus(n), [x], [0]));
    expect(device.statistics).toMatchObject({ kernels: 1 });
    for (const [i, result] of results.entries()) {
      expect([...(await device.download(result))]).toEqual([2 + i, 3 + i, 4 + i]);
      device.free(result);
    }
    device.free(x);
    await device.dispose();
  });

  it('compiles a kernel once, and says what that took', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const { compiled } = device.statistics;
    for (let i = 0; i < 5; i++) device.free(device.run(plus(7), [x], [i]));
    await device.download(x);
    expect(device.statistics.compiled - compiled).toBe(1);
    expect(device.compileTimes().find(({ name }) => name === 'plus 7')).toMatchObject({ kernels: 1 });
    device.free(x);
    await device.dispose();
  });

  it('refuses everything after it was disposed of, but lets handles be freed', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const y = device.run(plus(1), [x], [0]);
    await device.dispose();
    expect(() => device.upload(Float32Array.of(1))).toThrow(/was disposed of/);
    expect(() => device.run(plus(1), [x], [0])).toThrow(/was disposed of/);
    for (const handle of [x, y]) device.free(handle);
    await device.dispose();
  });

  it('takes numbers as they are, also if the first was whole', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const results = [3, 3.5].map((n) => device.run(plus(0), [x], [n]));
    const numbers = await Promise.all(results.map((result) => device.download(result)));
    expect(numbers.map((each) => each[0])).toEqual([4, 4.5]);
    for (const handle of [x, ...results]) device.free(handle);
    await device.dispose();
  });

  it('tells a kernel that takes an integer from one of the same text that takes a float', async () => {
    const device = make();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const results = (['integer', 'float'] as const).map((kind) =>
      device.run({ ...plus(0), scalars: [kind] }, [x], [kind === 'float' ? 3.5 : 3]),
    );
    const numbers = await Promise.all(results.map((result) => device.download(result)));
    expect(numbers.map((each) => each[0])).toEqual([4, 4.5]);
    for (const handle of [x, ...results]) device.free(handle);
    await device.dispose();
  });

  it('goes on with a loop whose length is data for as long as it says', async () => {
    const device = make();
    const length = device.upload(Float32Array.of(4000));
    const source = 'function(a){const n=a[0];let s=0;for(let i=0;i<n;i++){s+=1;}return s;}';
    const rounds = device.run({ name: 'rounds', source, width: 1, rows: 1, components: 1, inputs: [1] }, [length]);
    expect([...(await device.download(rounds))]).toEqual([4000]);
    await device.dispose();
  });

  it('passes over what is empty', async () => {
    const device = make();
    const none = device.upload(new Float32Array(0));
    const still = device.run({ ...plus(1), width: 0 }, [none], [0]);
    expect((await device.download(still)).length).toBe(0);
    expect(() => device.run(plus(1), [none], [0])).toThrow('array 0 is empty');
    await device.dispose();
  });
});

describe('kernels that no device could run', () => {
  const device = deviceOf();
  const x = device.upload(Float32Array.of(1, 2, 3));

  it('more than 7 arrays, of which some devices make wrong numbers', () => {
    const names = Array.from({ length: 8 }, (_, i) => `a${i}`);
    const source = {
      ...plus(1),
      source: `function(${names.join(',')}){return 1;}`,
      inputs: names.map(() => 1 as const),
      scalars: [],
    };
    expect(() =>
      device.run(
        source,
        names.map(() => x),
      ),
    ).toThrow(/takes 8 arrays, and a device may not take more than 7/);
  });

  it('another number of arrays or of numbers than it takes', () => {
    expect(() => device.run(plus(1), [x, x], [1])).toThrow('takes 1 arrays, got 2');
    expect(() => device.run(plus(1), [x], [])).toThrow('takes 1 numbers, got 0');
  });

  it('texels where a mode reads scalars alone', () => {
    const texels = device.run({ ...plus(1), source: 'function(a,b){return [a[index],b];}', components: 2 }, [x], [1]);
    expect(() => device.run(plus(1), [texels], [1])).toThrow(/has 2 components instead of 1. Use asScalars/);
    expect(() => device.run({ ...plus(1), inputs: [2] }, [texels], [1])).toThrow(/which this mode cannot read/);
  });

  it('more elements than float32 has places for, in the output or in an array', () => {
    const tall = { ...plus(1), width: 2 ** 12, rows: 2 ** 12 + 1 };
    expect(() => device.run(tall, [x], [1])).toThrow(
      /of 16781312 elements, and places are exact up to 16777216 .*Use a smaller batch .* slices/,
    );
    const long = new Handle(x.storage!, 2 ** 24 + 1, 1);
    expect(() => device.run(plus(1), [long], [1])).toThrow(/of 16777217 elements/);
  });

  it('an output that no texture holds', () => {
    const small = deviceOf({ sideLimit: 2 });
    expect(() => small.upload(new Float32Array(5))).toThrow(/5 elements do not fit in a texture of at most 2 × 2/);
  });

  it('text that GPU.js does not take: the error names the kernel, and nothing is held', () => {
    const before = device.statistics;
    expect(() =>
      device.run({ ...plus(1), name: 'broken', source: 'function(a,b){return a[index]+;}' }, [x], [1]),
    ).toThrow(/broken/);
    expect(device.statistics).toMatchObject({ handles: before.handles, textures: before.textures });
  });
});

describe('a device that answers later', () => {
  it('reports the first failure with the next download, by the name of what failed, and computes nothing after it', async () => {
    const { device, library: pretended } = late();
    const x = device.upload(Float32Array.of(1, 2, 3));
    expect([...(await device.download(x))]).toEqual([1, 2, 3]);
    pretended.failNext('out of luck');
    const y = device.run(plus(1), [x], [0]);
    const z = device.run(plus(2), [y], [0]);
    for (const handle of [z, y, x]) {
      await expect(device.download(handle)).rejects.toThrow('plus 1 failed on the device: out of luck');
    }
    for (const handle of [x, y, z]) device.free(handle);
    await device.dispose();
  });

  it('turns what the device reports by itself into an error of the next download', async () => {
    const { device, library: pretended } = late();
    const x = device.upload(Float32Array.of(1));
    await device.download(x);
    pretended.report('Not enough memory left');
    await expect(device.download(x)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await device.dispose();
  });

  it('is disposed of when all that was asked for is read, once, and listens to the device no longer', async () => {
    const { device, library: pretended } = late();
    await device.describe();
    expect(pretended.listeners).toBe(1);
    const x = device.upload(Float32Array.of(1, 2, 3));
    const order: string[] = [];
    const note = (what: string) => (): void => void order.push(what);
    const read = device.download(x).then(note('read'));
    await Promise.all([read, device.dispose().then(note('disposed')), device.dispose().then(note('again'))]);
    expect(order).toEqual(['read', 'disposed', 'again']);
    expect(pretended.listeners).toBe(0);
  });

  it('is read to the end, though what is read is freed meanwhile and its kernel is thrown out', async () => {
    const pretended = lateLibrary(library);
    const device = lateDevice(pretended, { kernels: 1 });
    const x = device.upload(Float32Array.of(1, 2, 3));
    const y = device.run(plus(1), [x], [0]);
    device.free(device.run(plus(2), [x], [0]));
    const read = device.download(y);
    device.free(y);
    expect([...(await read)]).toEqual([2, 3, 4]);
    device.free(x);
    await device.dispose();
  });

  it('that is another than its own is an error: nobody would tell of its errors and its end', async () => {
    const device = lateDevice(lateLibrary(library, { asksAtOnce: false }));
    await expect(device.describe()).rejects.toMatchObject({
      code: 'DEVICE_FAILED',
      message: expect.stringMatching(/WebGPU device that is not this backend's.*Install gpu\.js@/),
    });
    await device.dispose();
  });

  it('that is lost during a read says so, and what to do', async () => {
    const { device, library: pretended } = late();
    const x = device.upload(Float32Array.of(1, 2, 3));
    await device.download(x);
    const read = device.download(x);
    pretended.lose();
    await expect(read).rejects.toMatchObject({ code: 'DEVICE_FAILED', message: expect.stringContaining('was lost') });
    await expect(device.download(x)).rejects.toThrow(/was lost.* Make another backend/);
    device.free(x);
    await device.dispose();
  });

  it('that is lost while an op looks at numbers says so', async () => {
    const { device, library: pretended } = late();
    const x = device.upload(Float32Array.of(1, 2, 3));
    await device.download(x);
    device.inspect(x, () => {});
    const y = device.run(plus(1), [x], [0]);
    pretended.lose();
    await expect(device.download(y)).rejects.toThrow(/was lost/);
    for (const handle of [x, y]) device.free(handle);
    await device.dispose();
  });

  it('cannot be read without waiting', () => {
    expect(late().device.downloadSync).toBeUndefined();
  });

  it('looks at numbers before anything later runs, and fails by what it finds', async () => {
    const { device } = late();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const seen: number[][] = [];
    device.inspect(x, (values) => void seen.push([...values]));
    device.inspect(x, () => {
      throw new Error('not these');
    });
    const y = device.run(plus(1), [x], [0]);
    await expect(device.download(y)).rejects.toThrow('not these');
    expect(seen).toEqual([[1, 2, 3]]);
    await device.dispose();
  });
});

it('places what is drawn alike in all programs of a context: GPU.js says where it lies once, when it builds a kernel', () => {
  const pretended = glLibrary(library);
  const device = deviceOf({ library: pretended, mode: 'webgl2' });
  const x = device.upload(Float32Array.of(1, 2, 3));
  for (const n of [1, 2, 1]) device.free(device.run(plus(n), [x], [0]));
  expect(pretended.linked).toEqual(Array.from({ length: 3 }, () => ({ aPos: 0, aTexCoord: 1 })));
  // In the buffer of each kernel, which goes with it.
  expect(pretended.pointed).toEqual(
    [0, 1, 2].flatMap(() => [
      [0, 0],
      [1, 32],
    ]),
  );
});

describe('errors of WebGL, which has to be asked for them', () => {
  const large = plus(1, 2 ** 22);

  function gl(): { readonly device: Device; readonly library: ReturnType<typeof glLibrary> } {
    const pretended = glLibrary(library);
    return { device: deviceOf({ library: pretended, mode: 'webgl2', kernelBytes: 2 ** 28 }), library: pretended };
  }

  it('with a read: nothing that was computed before is given from then on', async () => {
    const { device, library: pretended } = gl();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const y = device.run(plus(1), [x], [0]);
    pretended.errors.push(GL_ERRORS.INVALID_FRAMEBUFFER_OPERATION, GL_ERRORS.OUT_OF_MEMORY);
    for (const handle of [y, x, y]) {
      await expect(device.download(handle)).rejects.toMatchObject({
        code: 'OUT_OF_MEMORY',
        message: expect.stringMatching(/WebGL ran out of memory .* 2 textures of 0\.0 MiB are alive.* smaller batch/s),
      });
    }
    expect(() => device.inspect(x, () => {})).toThrow(/WebGL ran out of memory/);
    for (const handle of [x, y]) device.free(handle);
    await device.dispose();
  });

  it('that are none of memory: what is read would be something else', async () => {
    const { device, library: pretended } = gl();
    const x = device.upload(Float32Array.of(1, 2, 3));
    pretended.errors.push(GL_ERRORS.INVALID_OPERATION);
    await expect(device.download(x)).rejects.toMatchObject({ code: 'DEVICE_FAILED' });
    await expect(device.download(x)).rejects.toThrow(/WebGL reports INVALID_OPERATION/);
    await device.dispose();
  });

  it('at once after what is large: then nothing else is lost, and the kernel is compiled again', async () => {
    const { device, library: pretended } = gl();
    const x = device.upload(Float32Array.of(1, 2, 3));
    device.free(device.run(large, [x], [0]));
    const before = device.statistics;
    // Asked before, it knows of none.
    pretended.errors.push(0, GL_ERRORS.OUT_OF_MEMORY);
    expect(() => device.run(large, [x], [0])).toThrow(
      /plus 1: WebGL has no memory for 16\.0 MiB more \(OUT_OF_MEMORY\); 2 textures of 16\.0 MiB are alive\. Free tensors/,
    );
    expect(device.statistics).toMatchObject({ handles: before.handles, textures: before.textures });
    expect([...(await device.download(x))]).toEqual([1, 2, 3]);
    device.free(device.run(large, [x], [0]));
    expect(device.statistics.compiled).toBe(before.compiled + 1);
    await device.dispose();
  });

  it('from before are not taken for those of what is large', () => {
    const { device, library: pretended } = gl();
    const x = device.upload(Float32Array.of(1, 2, 3));
    pretended.errors.push(GL_ERRORS.OUT_OF_MEMORY);
    expect(() => device.run(large, [x], [0])).toThrow(/ran out of memory .* Make another backend/s);
  });

  it('are asked for now and then, and not for what is small', () => {
    const { device, library: pretended } = gl();
    const x = device.upload(Float32Array.of(1, 2, 3));
    const middle = plus(1, 2 ** 20);
    const { asked } = pretended;
    for (let i = 0; i < 63; i++) device.free(device.run(middle, [x], [0]));
    expect(pretended.asked).toBe(asked);
    for (let i = 0; i < 2; i++) device.free(device.run(middle, [x], [0]));
    expect(pretended.asked).toBe(asked + 1);
  });
});

it('asks GPU.js for high precision, results of their own, and loops without an end of their own', () => {
  const asked: Readonly<Record<string, unknown>>[] = [];
  class Watched extends library.GPU {
    override createKernel(...[source, settings]: Parameters<InstanceType<GpuJs['GPU']>['createKernel']>): RawKernel {
      asked.push(settings);
      return super.createKernel(source, settings);
    }
  }
  const device = deviceOf({ library: { ...library, GPU: Watched } });
  device.run(plus(1), [device.upload(Float32Array.of(1, 2, 3))], [1]);
  for (const settings of asked) {
    expect(settings).toMatchObject({
      precision: 'single',
      tactic: 'precision',
      pipeline: true,
      immutable: true,
      loopMaxIterations: 0x7fffffff,
    });
  }
  expect(asked.length).toBe(1);
});

it('says what its device is', async () => {
  expect(await late().device.describe()).toBe('nobody pretended');
  expect(await deviceOf().describe()).toContain('on the host');
});
