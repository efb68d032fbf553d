import type { Components } from './handle.ts';
import type { KernelSource } from './kernel-source.ts';

/** Array(n) → n scalars, in GL: a texel is read once for each. */
export function unpacking(length: number, components: Components): KernelSource {
  const last = components - 1;
  let pick = `v[${last}]`;
  for (let c = last - 1; c >= 0; c--) pick = `(column===${c}?v[${c}]:${pick})`;
  return {
    name: 'asScalars',
    source: `function(a){const v=a[row];return ${pick};}`,
    width: components,
    rows: length,
    components: 1,
    inputs: [components],
  };
}
