// WebGPU in Node: where UNROLL_DAWN names the module `webgpu`, `navigator.gpu` comes from there, before GPU.js is loaded.
const path = process.env['UNROLL_DAWN'];
if (path !== undefined) {
  const { create, globals } = (await import(/* @vite-ignore */ path)) as {
    readonly create: (options: readonly string[]) => unknown;
    readonly globals: object;
  };
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
}
