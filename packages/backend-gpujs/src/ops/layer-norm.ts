import { type Buffer, type FusedKernels, type Shape, sizeOf } from '@unroll/backend';
import type { Handle } from '../device/index.ts';
import type { Memory } from '../memory.ts';
import { filled } from './filled.ts';
import { type Walk, stretched } from './nest.ts';
import { perRow } from './softmax.ts';
import { pointwise } from './pointwise.ts';
import { SUM, reduce } from './reduction.ts';

export function layerNormOps(memory: Memory): Required<Pick<FusedKernels, 'layerNorm' | 'layerNormGradient'>> {
  const { device } = memory;
  const straight = (x: Buffer): { readonly handle: Handle; readonly walk: Walk } => {
    return { handle: memory.handle(x, 'layerNorm'), walk: stretched(x.shape, x.shape) };
  };
  const rowsOf = (shape: Shape) => ({ width: 1, rows: sizeOf(shape.slice(0, -1)), components: 1 }) as const;

  return {
    layerNorm: ([x, weight, bias], { epsilon }, [output, ofMean, ofD]) => {
      const { shape } = x!;
      if (sizeOf(shape) === 0) return [output!, ofMean!, ofD!].map((each) => filled(memory, each, 0));
      const n = shape.at(-1)!;
      const X = memory.handle(x!, 'layerNorm');
      const mean = device.run(
        {
          name: 'layerNorm mean',
          source: `function(X){const start=row*${n};let s=0;for(let k=0;k<${n};k++){s+=X[start+k];}return s/${n};}`,
          ...rowsOf(shape),
          inputs: [1],
        },
        [X],
      );
      const d = device.run(
        {
          name: 'layerNorm deviation',
          source:
            `function(X,M,epsilon){const start=row*${n};const m=M[row];let s=0;` +
            `for(let k=0;k<${n};k++){const e=X[start+k]-m;s+=e*e;}return Math.sqrt(s/${n}+epsilon);}`,
          ...rowsOf(shape),
          inputs: [1, 1],
          scalars: ['float'],
        },
        [X, mean],
        [epsilon],
      );
      const y = pointwise(device, {
        name: 'layerNorm',
        shape,
        operands: [
          straight(x!),
          { handle: mean, walk: perRow(shape, 1, 0) },
          { handle: d, walk: perRow(shape, 1, 0) },
          { handle: memory.handle(weight!), walk: stretched(weight!.shape, shape) },
          { handle: memory.handle(bias!), walk: stretched(bias!.shape, shape) },
        ],
        formula: (each, m, s, w, b) => `(${each}-${m})/${s}*${w}+${b}`,
      });
      return [memory.own(y, output!), memory.own(mean, ofMean!), memory.own(d, ofD!)];
    },

    layerNormGradient: ([x, weight, mean, d, dy], _attrs, outputs) => {
      const { shape } = x!;
      if (sizeOf(shape) === 0) return outputs.map((each) => filled(memory, each, 0));
      const n = shape.at(-1)!;
      // Column 0: the mean of e = dy · weight; column 1: that of e times what is normalized.
      const means = device.run(
        {
          name: 'layerNormGradient rows',
          source:
            `function(X,W,M,D,G){const start=row*${n};const m=M[row];const d=D[row];let s=0;let t=0;` +
            `for(let k=0;k<${n};k++){const e=G[start+k]*W[k];s+=e;t+=e*((X[start+k]-m)/d);}` +
            `if(column===0){return s/${n};}return t/${n};}`,
          ...rowsOf(shape),
          width: 2,
          inputs: [1, 1, 1, 1, 1],
        },
        [x!, weight!, mean!, d!, dy!].map((each) => memory.handle(each, 'layerNormGradient')),
      );
      const ofRow = (each: Buffer) => ({ handle: memory.handle(each), walk: perRow(shape, 1, 0) });
      const dx = pointwise(device, {
        name: 'layerNormGradient',
        shape,
        operands: [
          straight(x!),
          { handle: memory.handle(weight!), walk: stretched(weight!.shape, shape) },
          ofRow(mean!),
          ofRow(d!),
          straight(dy!),
          { handle: means, walk: perRow(shape, 2, 0) },
          { handle: means, walk: perRow(shape, 2, 1) },
        ],
        formula: (each, w, m, s, g, average, along) => `(${g}*${w}-${average}-(${each}-${m})/${s}*${along})/${s}`,
      });
      const product = pointwise(device, {
        name: 'layerNormGradient weight',
        shape,
        operands: [straight(x!), ofRow(mean!), ofRow(d!), straight(dy!)],
        formula: (each, m, s, g) => `${g}*((${each}-${m})/${s})`,
      });
      const columns = { shape: [sizeOf(shape) / n, n], axes: [0], combine: SUM };
      const dWeight = reduce(device, { x: product, ...columns });
      const dBias = reduce(device, { x: memory.handle(dy!), ...columns });
      return [dx, dWeight, dBias].map((handle, i) => memory.own(handle, outputs[i]!));
    },
  };
}
