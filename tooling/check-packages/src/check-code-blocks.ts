// Installs the tarballs into an empty project and does there what the READMEs and guides say. Needs a build.
// Each block is a program of its own: it must compile with both module resolutions, and run by import and by require.
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import ts from 'typescript';
import { codeBlocks, type CodeBlock } from './code-blocks.ts';
import { copies, createConsumer, linkDevelopmentPackages, writeJson } from './consumer.ts';
import { execute, mapConcurrently } from './execute.ts';
import { report } from './report.ts';
import { hostNode, publishedPackages, root } from './workspace.ts';

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript7/package.json')), 'bin/tsc');

const problems: string[] = [];
const blocks = [...packageReadmes(), ...guides()];
const folder = mkdtempSync(join(tmpdir(), 'unroll-consumer-'));
try {
  await createConsumer(folder);
  const tensors = copies(folder, '@unroll/tensor');
  if (tensors.length !== 1) problems.push(`@unroll/tensor is installed ${tensors.length} times: ${tensors.join(', ')}`);

  problems.push(...(await runBins()));
  const programs = blocks.map((block) => writeProgram(block));
  problems.push(...(await runAll(programs)));
  problems.push(...(await compileAll(programs)));
} finally {
  rmSync(folder, { recursive: true });
}
const running = blocks.filter(({ runs }) => runs).length;
console.log(
  `${blocks.length} code blocks, ${running} of them run twice (import, require) on Node ${await nodeVersion()}`,
);
report('code blocks', problems);

function packageReadmes(): CodeBlock[] {
  return publishedPackages().flatMap(({ path, manifest }) => {
    const file = `${path}/README.md`;
    if (!existsSync(join(root, file))) {
      problems.push(`${path} has no README.md`);
      return [];
    }
    const found = codeBlocks(readFileSync(join(root, file), 'utf8'), file);
    if (manifest.bin === undefined && !found.some(({ runs }) => runs))
      problems.push(`${file} has no \`\`\`ts example that runs`);
    return found;
  });
}

function guides(): CodeBlock[] {
  return globSync(['README.md', 'docs/guides/**/*.md'], { cwd: root })
    .toSorted()
    .flatMap((file) => codeBlocks(readFileSync(join(root, file), 'utf8'), file));
}

interface Program {
  readonly block: CodeBlock;
  /** Inside the consumer project; the block is `block.ts`, `block.mjs` and `block.cjs` in it. */
  readonly folder: string;
  /** Whether it uses what only development packages type: Node's own modules, a test runner. */
  readonly usesTools: boolean;
}

function writeProgram(block: CodeBlock): Program {
  const { file, line, code } = block;
  const at = join(folder, 'blocks', `${join(dirname(file), parse(file).name)}-${line}`);
  mkdirSync(at, { recursive: true });
  // As many empty lines before it as in the Markdown file, so that every message has that file's line numbers.
  const source = `${'\n'.repeat(line)}${code}\nexport {};\n`;
  writeFileSync(join(at, 'block.ts'), source);
  writeFileSync(join(at, 'block.mjs'), transpile(source, ts.ModuleKind.ESNext));
  // A CommonJS module cannot await at its top level.
  writeFileSync(join(at, 'block.cjs'), `(async () => {${transpile(source, ts.ModuleKind.CommonJS)}\n})();\n`);
  const usesTools = /from ['"](node:|vitest|@unroll\/[a-z-]+\/(node|conformance))|\bprocess\b/.test(code);
  return { block, folder: at, usesTools };
}

function transpile(source: string, module: ts.ModuleKind): string {
  const { outputText } = ts.transpileModule(source, {
    fileName: 'block.ts',
    compilerOptions: { module, target: ts.ScriptTarget.ES2023, esModuleInterop: true, inlineSourceMap: true },
  });
  return outputText;
}

/** Every program of the packages must at least be able to say what it does. */
async function runBins(): Promise<string[]> {
  const bins = publishedPackages().flatMap(({ name, manifest }) =>
    Object.entries(manifest.bin ?? {}).map(([bin, path]) => ({ bin, file: join('node_modules', name, path) })),
  );
  const failures = await mapConcurrently(bins, async ({ bin, file }) => {
    const { code, output } = await execute(hostNode, [file, '--help'], { cwd: folder });
    return code === 0 ? [] : [`${bin} --help fails:\n${output}`];
  });
  return failures.flat();
}

async function runAll(programs: readonly Program[]): Promise<string[]> {
  const runs = programs
    .filter(({ block }) => block.runs)
    .flatMap((program) => ['mjs', 'cjs'].map((extension) => ({ ...program, extension })));
  const failures = await mapConcurrently(runs, async ({ block, folder: cwd, extension }) => {
    const { code, output } = await execute(hostNode, ['--enable-source-maps', `block.${extension}`], { cwd });
    const how = extension === 'mjs' ? 'import' : 'require';
    return code === 0 ? [] : [`${block.file}:${block.line} fails by ${how}:\n${withMarkdownNames(output)}`];
  });
  return failures.flat();
}

async function compileAll(programs: readonly Program[]): Promise<string[]> {
  linkDevelopmentPackages(folder, ['@types/node', 'vitest']);
  writeFileSync(join(folder, 'entries.ts'), entryPoints(/^(?!.*\/(node|conformance)$)/));
  writeFileSync(join(folder, 'entries-tools.ts'), entryPoints(/\/(node|conformance)$/));
  const setups = ['nodenext', 'bundler'].flatMap((resolution) =>
    [false, true].map((usesTools) => ({ resolution, usesTools })),
  );
  const failures = await mapConcurrently(setups, async ({ resolution, usesTools }) => {
    const name = `tsconfig.${resolution}${usesTools ? '.tools' : ''}.json`;
    writeJson(join(folder, name), {
      compilerOptions: {
        target: 'ES2023',
        lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
        module: resolution === 'nodenext' ? 'nodenext' : 'preserve',
        moduleResolution: resolution,
        strict: true,
        noEmit: true,
        types: usesTools ? ['node'] : [],
        skipLibCheck: usesTools,
      },
      files: [
        usesTools ? 'entries-tools.ts' : 'entries.ts',
        ...programs.filter((each) => each.usesTools === usesTools).map((each) => join(each.folder, 'block.ts')),
      ],
    });
    const { code, output } = await execute(process.execPath, [tsc, '--project', name, '--pretty', 'false'], {
      cwd: folder,
    });
    return code === 0 ? [] : [`typecheck with ${resolution} resolution:\n${withMarkdownNames(output)}`];
  });
  return failures.flat();
}

/** A program that imports every public entry point whose name matches, so that the compiler reads all declarations. */
function entryPoints(matching: RegExp): string {
  return publishedPackages()
    .flatMap(({ name, manifest }) =>
      Object.keys(manifest.publishConfig?.exports ?? {})
        .filter((subpath) => subpath !== './package.json')
        .map((subpath) => name + subpath.slice(1)),
    )
    .filter((entry) => matching.test(entry))
    .map((entry, index) => `export type * as entry${index} from '${entry}';\n`)
    .join('');
}

/** `blocks/packages/cells/README-12/block.ts` is `packages/cells/README.md` to the reader. */
function withMarkdownNames(output: string): string {
  return output.replaceAll(/[^\s(]*blocks\/(\S+?)-\d+\/block\.ts/g, '$1.md');
}

async function nodeVersion(): Promise<string> {
  const { output } = await execute(hostNode, ['--version'], { cwd: root });
  return output.trim().slice(1);
}
