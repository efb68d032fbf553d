import { arch, cpus, platform } from 'node:os';

/** The machine in words, without its name: `2 cores, linux on x64, Node 24.21.0`. */
export function machine(): string {
  const { length } = cpus();
  return `${length} ${length === 1 ? 'core' : 'cores'}, ${platform()} on ${arch()}, Node ${process.versions.node}`;
}
