// Drivers may place the attributes of each program in another way, or remove some: GPU.js asks where they lie when it builds a kernel alone.
import { gpujs } from '@unroll/backend-gpujs';
import { type Tensor, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missing, mode, title } from './setting.ts';
import { inPage } from './watch.ts';

interface Gl {
  bindAttribLocation(program: object, index: number, name: string): void;
  createProgram(): object;
  getAttribLocation(program: object, name: string): number;
}

/** Replaces a method of all contexts until the test has ended. */
function replace<Name extends keyof Gl>(name: Name, by: (original: Gl[Name]) => Gl[Name]): void {
  const { prototype } = Reflect.get(globalThis, 'WebGL2RenderingContext') as { readonly prototype: Gl };
  const original = prototype[name];
  prototype[name] = by(original);
  onTestFinished(() => {
    prototype[name] = original;
  });
}

const skipped = missing ?? (inPage && mode === 'webgl2' ? undefined : 'of WebGL 2 in a page');

describe.skipIf(skipped)(`attributes of programs, on ${title}`, () => {
  it('lie at the same places, whatever a driver would choose', async () => {
    let programs = 0;
    replace('createProgram', (create) => {
      return function (this: Gl) {
        const program = create.call(this);
        const first = programs++ % 2;
        this.bindAttribLocation(program, first, 'aPos');
        this.bindAttribLocation(program, 1 - first, 'aTexCoord');
        return program;
      };
    });
    const backend = await gpujs({ mode });
    const x = withBackend(backend, () => tensor([1, 2, 3, 4, 5, 6]));
    for (let round = 0; round < 2; round++) {
      expect([...(await x.add(1).data())]).toEqual([2, 3, 4, 5, 6, 7]);
      expect([...(await x.mul(2).data())]).toEqual([2, 4, 6, 8, 10, 12]);
      expect([...(await x.sub(1).data())]).toEqual([0, 1, 2, 3, 4, 5]);
    }
    expect(programs).toBeGreaterThan(3);
    await backend.dispose();
  });

  it('that some programs lack are read from a buffer that lives', async () => {
    let isRemoved = false;
    replace('getAttribLocation', (get) => {
      return function (this: Gl, program, name) {
        return isRemoved && name === 'aTexCoord' ? -1 : get.call(this, program, name);
      };
    });
    const backend = await gpujs({ mode, kernels: 2 });
    const x = withBackend(backend, () => tensor([1, 2, 3, 4, 5, 6]));
    const read = async (y: Tensor): Promise<readonly number[]> => {
      const numbers = [...(await y.data())];
      y.dispose();
      return numbers;
    };
    const plus = (): Promise<readonly number[]> => read(x.add(1));
    await plus();
    await read(x.mul(2));
    await plus();
    isRemoved = true;
    // Each throws out the kernel that was built before the last.
    for (const next of [() => x.sub(1), () => x.sub(x)]) {
      await read(next());
      expect(await plus()).toEqual([2, 3, 4, 5, 6, 7]);
    }
    await backend.dispose();
  });
});
