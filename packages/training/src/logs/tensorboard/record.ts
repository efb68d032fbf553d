import { maskedCrc32c } from './crc32c.ts';

/**
 * One record of a TFRecord file: the length as 64 bits, its masked CRC-32C, the data, its masked CRC-32C; all little-endian. (TensorFlow,
 * "TFRecord and tf.train.Example", section on the format.)
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
