const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of little-endian elements in the byte order of this machine. */
export function fromLittleEndian(bytes: Uint8Array, bytesPerElement: number): ArrayBuffer {
  const copy = new Uint8Array(bytes);
  if (!IS_LITTLE_ENDIAN) reverseEach(copy, bytesPerElement);
  return copy.buffer;
}

/** The bytes of an array as little-endian elements; not a copy where this machine is little-endian. */
export function toLittleEndian(data: ArrayBufferView, bytesPerElement: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return IS_LITTLE_ENDIAN ? bytes : reverseEach(bytes.slice(), bytesPerElement);
}

/** Turns around each group of `size` bytes, in place. */
export function reverseEach(bytes: Uint8Array, size: number): Uint8Array {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
  return bytes;
}
