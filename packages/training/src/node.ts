/** Checkpoints and logs in files, for Node. */
export { folderStore } from './node/folder-store.ts';
export { jsonLinesFile, tensorBoardFolder } from './node/log-files.ts';
