// The hand-written LSTM that the packages are measured against. It trains W1 and W2 from the given weights; its programs for W3 and
// W4 hold the watch themselves, and start from weights of their own.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

export async function setUp({ impl, workload, checks, ceiling }) {
  const program = join(ceiling, { W1: 'train.mjs', W2: 'train.mjs', W3: 'w3.mjs', W4: 'w4.mjs' }[workload]);
  if (!existsSync(program)) throw new Error(`no yardstick at ${ceiling}; name its folder with --ceiling`);
  if (workload === 'W1' || workload === 'W2') {
    const { make } = await import(pathToFileURL(program).href);
    const net = await make(impl === 'yardstick-2' ? 'wasm-2T' : 'wasm', workload, false);
    const check = Array.from({ length: checks }, () => net.step());
    return {
      about: 'hand-written LSTM, WebAssembly SIMD',
      check,
      run: (times) => {
        for (let i = 0; i < times; i++) net.step();
      },
    };
  }
  const measure = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    const line = stdout.split('\n').findLast((text) => text.startsWith('{'));
    const { med, cpu } = JSON.parse(line);
    return { wall: med, cpu };
  };
  return { about: 'hand-written LSTM, WebAssembly SIMD; a round is the median of its own', check: [], measure };
}
