/** Token ids in as many bytes as the largest needs: a text of 100 million characters is 100 MB as a Uint8Array, 400 MB as an Int32Array. */
export type TokenArray = Int32Array | Uint16Array | Uint8Array;
