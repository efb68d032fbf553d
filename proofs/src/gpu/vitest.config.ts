// The tests of the GPU in Node, in the mode that UNROLL_GPU_MODE names. What `gl` and `webgpu` are, is found by NODE_PATH.
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import type { Mode } from '@unroll/backend-gpujs';
import { type ViteUserConfig, defineConfig } from 'vitest/config';

const conditions = ['@unroll/source', ...defaultServerConditions];
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root: file('.'),
    include: ['tests/*.gpu.ts'],
    // Native parts do not like threads.
    pool: 'forks',
    setupFiles: [file('node/dawn.ts'), file('../../../scripts/property-tests.ts')],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    provide: {
      gpu: {
        mode: (process.env['UNROLL_GPU_MODE'] ?? 'cpu') as Mode,
        full: process.env['UNROLL_GPU_FULL'] === '1',
        speed: process.env['UNROLL_GPU_SPEED'] === '1',
      },
    },
  },
});

export default config;
