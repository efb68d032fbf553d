import { arch, cpus, platform } from 'node:os';

/** What a program runs on: name and value, for people. */
export function environment(backend: string, program: string): readonly (readonly [name: string, value: string])[] {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? '';
  return [
    ['Program', program],
    ['Computes on', backend],
    ['Node', process.versions.node],
    ['System', `${platform()} on ${arch()}`],
    ['Processors', `${processors.length}${model === '' ? '' : ` × ${model}`}`],
  ];
}
