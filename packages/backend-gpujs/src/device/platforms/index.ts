import { glPlatform } from './gl.ts';
import { hostPlatform } from './host.ts';
import type { Platform, PlatformOptions } from './platform.ts';
import { webGpuPlatform } from './webgpu.ts';

export type { Platform } from './platform.ts';
export type { Context } from './webgpu-context.ts';

export function platformFor(options: PlatformOptions): Platform {
  const { mode } = options;
  if (mode === 'webgpu') return webGpuPlatform(options);
  return mode === 'cpu' || mode === 'webasm' ? hostPlatform(options) : glPlatform(options);
}
