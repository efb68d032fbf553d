import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { compileTogether } from './compile-together.ts';

interface Manifest {
  exports: Record<string, string | Record<string, string>>;
}

/** Builds every entry that the package in the current folder exports; `overrides` are tsup's own options. */
export function library({ entry, ...overrides }: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: { ...exportedSources(), ...(entry as Record<string, string> | undefined) },
    format: ['esm'],
    target: 'es2023',
    platform: 'neutral',
    dts: true,
    sourcemap: true,
    clean: true,
    treeshake: false,
    splitting: true,
    // `node:fs`, not `fs`: some runtimes know the first alone.
    removeNodeProtocol: false,
    external: [/^node:/],
    plugins: [compileTogether()],
    silent: true,
    ...overrides,
  });
}

/** The manifest's exports are the one list of entries: `./conformance` is `src/conformance.ts` and `dist/conformance.js`. */
function exportedSources(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const entries: Record<string, string> = {};
  for (const [subpath, conditions] of Object.entries(exports)) {
    // Without a default it is for the tests of this repository alone.
    if (typeof conditions === 'string' || conditions['default'] === undefined) continue;
    const source = conditions['@unroll/source'];
    if (source === undefined) throw new Error(`package.json: "${subpath}" has no "@unroll/source" condition`);
    entries[subpath === '.' ? 'index' : subpath.slice(2)] = source;
  }
  return entries;
}
