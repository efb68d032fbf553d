import { type Buffer, type FusedKernels, sizeOf, targetOutOfRange } from '@unroll/backend';
import type { Handle } from '../device/index.ts';
import type { Memory } from '../memory.ts';
import { filled } from './filled.ts';
import { formulas } from './formulas.ts';
import { rowStatistics } from './softmax.ts';

type CrossEntropy = 'crossEntropy' | 'crossEntropyWithGradient';

export function crossEntropyOps(memory: Memory): Required<Pick<FusedKernels, CrossEntropy>> {
  const { device } = memory;

  const losses = (x: Buffer, targets: Buffer, stats: Handle, ignoreIndex: number): Handle => {
    const n = x.shape.at(-1)!;
    const source =
      'function(X,T,S,ignored){const target=T[row];if(target===ignored){return 0;}const total=S[row*2+1];' +
      `return ${formulas.log('total')}-(X[row*${n}+whole(target)]-S[row*2]);}`;
    return device.run(
      {
        name: 'crossEntropy',
        source,
        width: 1,
        rows: sizeOf(targets.shape),
        components: 1,
        inputs: [1, 1, 1],
        scalars: ['float'],
      },
      [memory.handle(x), memory.handle(targets, 'crossEntropy'), stats],
      [ignoreIndex],
    );
  };

  return {
    crossEntropy: ([x, targets], { ignoreIndex }, [output]) => {
      if (sizeOf(x!.shape) === 0) return [filled(memory, output!, 0)];
      checkTargets(memory, targets!, x!.shape.at(-1)!, ignoreIndex);
      const stats = rowStatistics(memory, memory.handle(x!), x!.shape, 'as it is');
      return [memory.own(losses(x!, targets!, stats, ignoreIndex), output!)];
    },

    crossEntropyWithGradient: ([x, targets], { ignoreIndex }, [output, gradient]) => {
      if (sizeOf(x!.shape) === 0) return [filled(memory, output!, 0), filled(memory, gradient!, 0)];
      const n = x!.shape.at(-1)!;
      checkTargets(memory, targets!, n, ignoreIndex);
      const stats = rowStatistics(memory, memory.handle(x!), x!.shape, 'as it is');
      const source =
        'function(X,T,S,ignored){const target=T[row];if(target===ignored){return 0;}' +
        'const y=Math.exp(X[index]-S[row*2])/S[row*2+1];if(whole(target)===column){return y-1;}return y;}';
      const rows = sizeOf(targets!.shape);
      const ofGradient = device.run(
        { name: 'crossEntropy gradient', source, width: n, rows, components: 1, inputs: [1, 1, 1], scalars: ['float'] },
        [memory.handle(x!), memory.handle(targets!, 'crossEntropy'), stats],
        [ignoreIndex],
      );
      const loss = losses(x!, targets!, stats, ignoreIndex);
      return [memory.own(loss, output!), memory.own(ofGradient, gradient!)];
    },
  };
}

function checkTargets(memory: Memory, targets: Buffer, classes: number, ignoreIndex: number): void {
  const { host, below } = memory.content(targets, 'read');
  if (below >= 0 && below <= classes) return;
  const look = (values: Int32Array | Float32Array): void => {
    for (let i = 0; i < values.length; i++) {
      const target = values[i]!;
      if (target === ignoreIndex || (target >= 0 && target < classes)) continue;
      throw targetOutOfRange(target, i, targets, classes, ignoreIndex);
    }
  };
  if (host) look(host);
  else memory.device.inspect(memory.handle(targets, 'crossEntropy'), look);
}
