/** What the terminal of this program can show, for Node. */
export { terminal, type TextStream } from './node/terminal.ts';
