// Packs every published package and checks the tarballs: contents, entry points, types. Needs a build.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { execute, mapConcurrently } from './execute.ts';
import { report } from './report.ts';
import { readTarball } from './tarball.ts';
import { packAll, publishedPackages, root, type Package } from './workspace.ts';

const attw = join(
  dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
  'dist/index.js',
);

const folder = mkdtempSync(join(tmpdir(), 'unroll-tarballs-'));
try {
  const tarballs = await packAll(folder);
  const problems = await mapConcurrently(publishedPackages(), async (each) => {
    const tarball = tarballs.get(each.name)!;
    return [
      ...checkContents(each, tarball),
      ...(await checkEntryPoints(each, tarball)),
      ...(await checkTypes(each, tarball)),
    ];
  });
  report('tarballs', problems.flat());
} finally {
  rmSync(folder, { recursive: true });
}

function checkContents({ name }: Package, tarball: string): string[] {
  const entries = readTarball(tarball);
  const size = (under: string): string =>
    kilobytes(entries.filter(({ path }) => path.startsWith(under)).reduce((sum, entry) => sum + entry.size, 0));
  console.log(
    `${name.padEnd(24)}${kilobytes(readFileSync(tarball).length)} packed ${size('')} unpacked ${size('dist/')} in dist`,
  );

  const paths = new Set(entries.map(({ path }) => path));
  const missing = ['README.md', 'LICENSE', 'package.json', 'src/index.ts', 'dist/index.js', 'dist/index.d.ts']
    .filter((path) => !paths.has(path))
    .map((path) => `${name}: the tarball has no ${path}`);
  const unwanted = [...paths]
    .filter((path) => /\.test\.|(^|\/)(node_modules|coverage|\.turbo)\//.test(path))
    .map((path) => `${name}: the tarball should not have ${path}`);
  return [...missing, ...unwanted];
}

async function checkEntryPoints({ name }: Package, tarball: string): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: arrayBuffer(tarball) }, strict: true });
  return messages.map((message) => `${name}: publint: ${formatMessage(message, pkg) ?? message.code}`);
}

async function checkTypes({ name, manifest }: Package, tarball: string): Promise<string[]> {
  // A program without an API has no types to check.
  if (manifest.publishConfig?.exports?.['.'] === undefined) return [];
  const { code, output } = await execute(process.execPath, [attw, tarball, '--profile', 'esm-only', '--no-color'], {
    cwd: root,
  });
  return code === 0 ? [] : [`${name}: attw:\n${output}`];
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
}

function arrayBuffer(file: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
