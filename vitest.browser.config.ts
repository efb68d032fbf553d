// Tests in Chromium, on the sources of every package: npm test -- browser. CHROMIUM_PATH says which.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { type TestProjectInlineConfiguration, defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.ts';

// With SwiftShader as the GPU, which a machine without one has too. UNROLL_GPU=hardware takes what the machine has.
const softwareGpu = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--use-webgpu-adapter=swiftshader'];
const gpuFlags = ['--enable-unsafe-webgpu', ...(process.env['UNROLL_GPU'] === 'hardware' ? [] : softwareGpu)];

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  test: {
    projects: [
      inChromium('isolated', isolation, [
        'packages/backend-wasm/src/conformance.test.ts',
        'packages/backend-wasm/src/conformance-threads.test.ts',
        'packages/backend-wasm/src/cells.test.ts',
        'packages/backend-wasm/src/cells-threads.test.ts',
        'proofs/src/browser/tests/isolated.browser.ts',
      ]),
      inChromium('not-isolated', {}, [
        'packages/compile/src/same-bits.test.ts',
        'proofs/src/browser/tests/not-isolated.browser.ts',
      ]),
      onGpu('webgl2'),
      onGpu('webgpu'),
    ],
  },
});

function inChromium(
  name: string,
  headers: Readonly<Record<string, string>>,
  include: readonly string[],
): TestProjectInlineConfiguration {
  const { test, ...project } = inBrowser(name, include, []);
  const inNode = fileURLToPath(new URL('proofs/src/browser/tests/in-node.ts', import.meta.url));
  return { ...project, server: { headers }, test: { ...test, globalSetup: [inNode] } };
}

function onGpu(mode: 'webgl2' | 'webgpu'): TestProjectInlineConfiguration {
  const { test, resolve, ...project } = inBrowser(mode, ['proofs/src/gpu/tests/*.gpu.ts'], gpuFlags);
  // Only the packages that use GPU.js have it.
  const gpuJs = createRequire(new URL('proofs/package.json', import.meta.url)).resolve('gpu.js/dist/gpu-browser.js');
  return {
    ...project,
    resolve: { ...resolve, alias: { 'gpu.js': gpuJs } },
    optimizeDeps: { include: ['gpu.js'] },
    test: {
      ...test,
      provide: {
        gpu: { mode, full: process.env['UNROLL_GPU_FULL'] === '1', speed: process.env['UNROLL_GPU_SPEED'] === '1' },
      },
    },
  };
}

function inBrowser(name: string, include: readonly string[], flags: readonly string[]): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: ['@unroll/source', ...defaultClientConditions] },
    ssr: { resolve: { conditions: ['@unroll/source', ...defaultServerConditions] } },
    test: {
      name,
      include: [...include],
      setupFiles: [fileURLToPath(new URL('scripts/property-tests.ts', import.meta.url))],
      testTimeout: 30_000,
      hookTimeout: 30_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            executablePath: findChromium() ?? 'chromium',
            // Its own sandbox needs rights that containers do not give.
            args: ['--no-sandbox', ...flags],
          },
        }),
        instances: [{ browser: 'chromium', name: `chromium, ${name}` }],
      },
    },
  };
}
