// What runs outside of pages: main.js <compiled model> <empty folder> <where to write what was found>
import { cpu } from '@unroll/backend-cpu';
import { setBackend } from '@unroll/tensor';
import { readFile, writeFile } from 'node:fs/promises';
import { orError, runChecks } from './checks.ts';
import { checkFiles } from './files.ts';
import type { Findings } from './findings.ts';

const [model, folder, output] = process.argv.slice(2);
const findings = await runChecks(await readFile(model!));
setBackend(cpu());
const files = await orError(() => checkFiles(folder!));
const complete: Findings = { ...findings, agent: JSON.stringify(process.versions), files };
await writeFile(output!, JSON.stringify(complete));
