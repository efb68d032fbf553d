/** Files, for Node. */
export { fileSource, readFileLines, type FileSource } from './node/file-source.ts';
