/** Checkpoints in files, for Node. */
export { folderStore } from './node/folder-store.ts';
