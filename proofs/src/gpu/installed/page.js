// In the page: the same in WebGL 2 and WebGPU, as far as they are there.
import { availableModes } from '@unroll/backend-gpujs';
import { train } from './train.mjs';

const result = {};
try {
  for (const { mode, available, reason } of await availableModes()) {
    if (mode !== 'webgl2' && mode !== 'webgpu') continue;
    result[mode] = available ? await train(mode) : reason;
  }
} catch (error) {
  result.error = String(error);
}
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
