import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// Tests run on the sources of every package, so they need no build.
const conditions = ['@unroll/source', ...defaultServerConditions];

const workspaces = ['packages', 'apps', 'tooling'].flatMap((folder) =>
  existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [],
);

export default defineConfig({
  test: {
    projects: [...workspaces, 'fixtures', 'examples', 'benchmarks', 'proofs'].map(
      (folder): TestProjectInlineConfiguration => ({
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: folder.replace(/^.*\//, ''),
          root: folder,
          include: ['**/*.test.ts'],
          environment: 'node',
          pool: 'threads',
          // A test hangs or it does not; how long it takes is the machine's affair.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          setupFiles: [fileURLToPath(new URL('scripts/property-tests.ts', import.meta.url))],
        },
      }),
    ),
  },
});
