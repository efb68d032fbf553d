import type { GpuJs } from '../gpujs.ts';
import type { Mode } from '../modes.ts';
import type { Context } from './platforms/index.ts';

/** How a device is made. */
export interface DeviceOptions {
  readonly library: GpuJs;
  readonly mode: Mode;
  /** The most compiled kernels that are kept. */
  readonly kernels: number;
  /** The most bytes of outputs that those hold on to. */
  readonly kernelBytes: number;
  /** Less than the device's longest side of a texture, for tests of what happens beyond it. */
  readonly sideLimit?: number;
  /** How a WebGPU device is had. Default: one of its own, of the adapter that the page gives. */
  readonly openContext?: () => Promise<Context>;
}
