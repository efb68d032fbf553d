// Writes the compiled model that the engines run: make.js <file>
import { writeFile } from 'node:fs/promises';
import { makeCompiled } from './compiled.ts';

await writeFile(process.argv[2]!, await makeCompiled());
