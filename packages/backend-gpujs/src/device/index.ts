/** Memory and kernels, as ops and loops see them. */
export { Device } from './device.ts';
export type { DeviceOptions } from './options.ts';
export type { DeviceStatistics } from './statistics.ts';
export { Handle, type Components } from './handle.ts';
export { freedAfter } from './freed-after.ts';
export type { KernelSource } from './kernel-source.ts';
export type { NativeSource } from './native-source.ts';
export type { CompileTime } from './kernel-cache.ts';
