import { type Signature, sizeOf } from '@unroll/backend';
import type { GpuBuffer, Memory } from '../memory.ts';

/** A buffer of one number. */
export function filled(memory: Memory, output: Signature, value: number): GpuBuffer {
  const size = sizeOf(output.shape);
  return output.dtype === 'int32'
    ? memory.fromHost(new Int32Array(size).fill(value), output)
    : memory.own(memory.device.upload(new Float32Array(size).fill(value)), output);
}
