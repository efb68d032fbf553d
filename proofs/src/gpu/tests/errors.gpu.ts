// WebGL tells of errors only if asked, and goes on with textures that are none: a read is an error then.
import { type GpujsBackend, gpujs } from '@unroll/backend-gpujs';
import { type Tensor, keep, scope, tensor, withBackend, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, mode, title } from './setting.ts';
import { inPage, watch } from './watch.ts';

interface Gl {
  getError(): number;
  createTexture(): object;
  bindTexture(target: number, texture: object | null): void;
  texStorage3D(target: number, levels: number, format: number, width: number, height: number, depth: number): void;
  readonly drawingBufferWidth: number;
  readonly drawingBufferHeight: number;
  readonly [constant: Uppercase<string>]: number;
}

/** A new backend, and its context. */
async function open(): Promise<readonly [GpujsBackend, Gl]> {
  const { made } = watch();
  const backend = await gpujs({ mode });
  return [backend, made.at(-1) as Gl];
}

const sum = (on: GpujsBackend): Tensor => withBackend(on, () => tensor([1, 2, 3]).add(1));
const skipped = missing ?? (inPage && mode === 'webgl2' ? undefined : 'of WebGL 2 in a page');

const name = `errors that are only told if asked for, on ${title}${skipped === missing ? '' : ` (skipped: ${skipped})`}`;

describe.skipIf(skipped)(name, () => {
  it('an error at some time since the last read: nothing is read from then on', async () => {
    const [backend, gl] = await open();
    const before = sum(backend);
    expect([...(await before.data())]).toEqual([2, 3, 4]);
    const getError = gl.getError.bind(gl);
    const answers = [gl['OUT_OF_MEMORY']!];
    Object.assign(gl, { getError: () => answers.shift() ?? getError() });
    await expect(sum(backend).data()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await expect(before.data()).rejects.toThrow(/WebGL ran out of memory.*are alive.*Make another backend/s);
    await backend.dispose();
  });

  it('a large array for which there is none is an error at once, and all else goes on', async () => {
    const [backend, gl] = await open();
    const large = (): Tensor => withBackend(backend, () => scope(() => keep(zeros([2 ** 22]).add(1))));
    large().dispose();
    const getError = gl.getError.bind(gl);
    const answers = [0, 0, 0, gl['OUT_OF_MEMORY']!];
    Object.assign(gl, { getError: () => answers.shift() ?? getError() });
    const { handles } = backend.statistics();
    expect(large).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(backend.statistics().handles).toBe(handles);
    const again = await large().data();
    expect([again.length, again[0], again.at(-1)]).toEqual([2 ** 22, 1, 1]);
    await backend.dispose();
  });

  it('a texture of 128 GiB, which Chromium calls an invalid operation', async () => {
    const [backend, gl] = await open();
    const x = sum(backend);
    gl.bindTexture(gl['TEXTURE_3D']!, gl.createTexture());
    gl.texStorage3D(gl['TEXTURE_3D']!, 1, gl['RGBA32F']!, 2048, 2048, 2048);
    await expect(x.data()).rejects.toThrow(/WebGL (ran out of memory|reports INVALID_OPERATION).* are alive/);
    await backend.dispose();
  });
});

describe.skipIf(skipped)(`what nobody sees, on ${title}`, () => {
  it('is not drawn: the canvas of kernels stays small', async () => {
    const [backend, gl] = await open();
    const sums = withBackend(backend, () =>
      [
        [3000, 2],
        [2, 3000],
      ].map((shape) => zeros(shape).add(1)),
    );
    for (const sum of sums) expect((await sum.data())[5999]).toBe(1);
    expect(gl.drawingBufferWidth * gl.drawingBufferHeight).toBeLessThan(100);
    await backend.dispose();
  });
});
