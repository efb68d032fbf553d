import { flatten } from '../rows.ts';
import { type Platform, type PlatformOptions, modeCheck } from './platform.ts';

/** Arrays of the host, in the modes for tests: nothing is limited, and nothing can be lost. */
export function hostPlatform({ mode }: PlatformOptions): Platform {
  return {
    sideLimit: Infinity,
    outputLimit: 0,
    checkAlive: () => {},
    checkMode: modeCheck(mode, mode),
    result: (_name, given, length, components) => flatten(given, length * components, components),
    asScalars: (raw) => raw,
    learn: () => {},
    upload: (data) => data,
    destroy: (kernel) => kernel.destroy(),
    release: async () => {},
    describe: async () => `GPU.js in ${mode === 'cpu' ? 'JavaScript' : 'WebAssembly'} on the host, for tests`,
  };
}
