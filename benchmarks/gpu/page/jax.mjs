// @boundaries-ignore installed at run time, not a dependency
import { defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import { charModel } from '../../contestants/jax-char-model.mjs';
import { SHOWN, matrices } from './contestant.ts';

export async function jax(device) {
  const devices = await init(device);
  if (Array.isArray(devices) && !devices.includes(device)) throw new Error(`jax-js has no ${device} here`);
  const task = (step) => async () => {
    defaultDevice(device);
    return [...(await step().data())];
  };
  return {
    about: `jax-js 0.1.25, ${device}, jit`,
    prepare: (work) => {
      defaultDevice(device);
      if (work.kind === 'matmul') {
        const [a, b] = matrices(work.n).map((values) => np.array(values).reshape([work.n, work.n]));
        const product = jit((x, y) => np.matmul(x, y).slice([0, 1], [0, SHOWN]));
        const dispose = () => [a, b].forEach((each) => each.dispose());
        return { run: task(() => product(a.ref, b.ref)), dispose };
      }
      const { loss, train } = charModel(work.sizes);
      return { run: task(work.kind === 'train' ? train : loss), dispose: () => {} };
    },
  };
}
