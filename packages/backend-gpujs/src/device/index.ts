/** Memory and kernels, as ops and loops see them. */
export { Device, type DeviceOptions, type DeviceStatistics } from './device.ts';
export { Handle, type Components } from './handle.ts';
export type { KernelSource } from './kernel-source.ts';
export type { NativeSource } from './native-source.ts';
export type { CompileTime } from './kernel-cache.ts';
