// A fresh process that trains an LSTM (the shape of W1) for some steps, and tells how long the first took and the later ones take.
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell, scan } from '@unroll/cells';
import { Rng, ones, parametersOf, scope, setBackend } from '@unroll/tensor';
import { median } from '../statistics.ts';
import { cpuTime } from './measurement.ts';

const STEPS = 60;
const WARM = 20;
/** Numbers: as much memory as a step uses. */
const TOUCHED = 6 * 2 ** 20;

setBackend(await wasm());
const rng = new Rng(1);
const cell = new LstmCell({ inputSize: 65, hiddenSize: 128, rng });
const parameters = parametersOf(cell);
const xs = rng.normal([32, 50, 65]);
const step = (): void => scope(() => void valueAndGrad(() => scan(cell, xs)[0].square().mean(), parameters));

/**
 * Processor milliseconds of this thread so far. Linux brings a thread's own time up to date when it is asked for that of all threads;
 * otherwise it is that of the last tick, up to 4 ms old.
 */
const ownTime = (): number => {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** What some work takes of it: a busy machine does not change it, and the engine's own threads do not count. */
const own = (work: () => void): number => {
  const used = ownTime();
  work();
  return ownTime() - used;
};

// The system gives memory out when it is first written to, which takes whoever uses as much the same time: not a part of compiling.
scope(() => void ones([TOUCHED]));
const first = own(step);
const again = own(step);
const times = Array.from({ length: STEPS - 2 }, () => cpuTime(step, 1));
console.log(JSON.stringify({ first, again, steady: median(times.slice(WARM)) }));
