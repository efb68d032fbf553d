// Tests in Chromium, on the sources of every package: npm test -- browser. CHROMIUM_PATH says which.
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { type TestProjectInlineConfiguration, defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.ts';

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
    ],
  },
});

function inChromium(
  name: string,
  headers: Readonly<Record<string, string>>,
  include: readonly string[],
): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: ['@unroll/source', ...defaultClientConditions] },
    ssr: { resolve: { conditions: ['@unroll/source', ...defaultServerConditions] } },
    server: { headers },
    test: {
      name,
      include: [...include],
      setupFiles: [fileURLToPath(new URL('scripts/property-tests.ts', import.meta.url))],
      globalSetup: [fileURLToPath(new URL('proofs/src/browser/tests/in-node.ts', import.meta.url))],
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
            args: ['--no-sandbox'],
          },
        }),
        instances: [{ browser: 'chromium', name: `chromium, ${name}` }],
      },
    },
  };
}
