import { describeBackend } from '@unroll/backend/conformance';
import { assemble, gpujs } from './backend.ts';
import { Device } from './device/index.ts';
import { lateLibrary } from './device/testing.ts';
import { loadGpuJs } from './gpujs.ts';
import { LARGEST_INTEGER } from './whole-numbers.ts';

// No float64, and int32 as whole float32 numbers; nothing else is left out.
const options = {
  dtypes: ['float32', 'int32'],
  special: { largestInteger: LARGEST_INTEGER, largestAngle: 10_000 },
} as const;

describeBackend('gpujs cpu', () => gpujs({ mode: 'cpu' }), options);
describeBackend('gpujs webasm', () => gpujs({ mode: 'webasm' }), { ...options, every: 3 });
// Outputs that are longer than a side lie folded, as they do on a graphics card.
describeBackend('gpujs with short sides', () => gpujs({ mode: 'cpu', sideLimit: 128 }), { ...options, every: 3 });
// The calls wait in a queue, as they do on WebGPU.
const late = async () => {
  const library = lateLibrary(await loadGpuJs());
  const { openContext } = library;
  return assemble(new Device({ library, mode: 'webgpu', kernels: 10, kernelBytes: 2 ** 28, openContext }), 'pretended');
};
describeBackend('gpujs in a queue', late, { ...options, every: 3 });
