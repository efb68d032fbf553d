// @boundaries-ignore installed at run time, not a dependency
import * as tf from '@tensorflow/tfjs';
// @boundaries-ignore installed at run time, not a dependency; registers itself
// oxlint-disable-next-line import/no-unassigned-import
import '@tensorflow/tfjs-backend-webgpu';
import { charModel } from '../../contestants/tfjs-char-model.mjs';
import { SHOWN, matrices } from './contestant.ts';

export async function tfjs(device) {
  const use = async () => {
    if (!(await tf.setBackend(device))) throw new Error(`tfjs has no backend ${device} here`);
    await tf.ready();
  };
  await use();
  const task = (step) => async () => {
    await use();
    const result = tf.tidy(step);
    const values = await result.data();
    result.dispose();
    return [...values];
  };
  return {
    about: `tfjs ${tf.version.tfjs}, ${device}, core ops`,
    prepare: (work) => {
      if (work.kind === 'matmul') {
        const factors = matrices(work.n).map((values) => tf.tensor2d(values, [work.n, work.n]));
        const product = () => tf.slice(tf.matMul(...factors), [0, 0], [1, SHOWN]);
        return { run: task(product), dispose: () => tf.dispose(factors) };
      }
      const before = Object.keys(tf.engine().registeredVariables);
      const { loss, train } = charModel(tf, work.sizes);
      const dispose = () => {
        for (const [name, variable] of Object.entries(tf.engine().registeredVariables))
          if (!before.includes(name)) variable.dispose();
      };
      return { run: task(work.kind === 'train' ? train : loss), dispose };
    },
  };
}
