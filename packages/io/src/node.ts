/** Files, for Node. */
export { writeFileAtomic } from './node/write-file-atomic.ts';
export { readSafetensorsFile, writeSafetensorsFile } from './node/safetensors-file.ts';
