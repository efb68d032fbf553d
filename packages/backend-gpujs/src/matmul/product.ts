import { type Device, type Handle, freedAfter } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';
import { productOfFours, withoutFilling } from './fours.ts';
import { packLeft, packRight } from './pack.ts';
import { plainProduct } from './plain.ts';
import { fromTiles, tiledProduct, tilingOf } from './tiles.ts';
import { vectorProduct } from './vectors.ts';

/** What is multiplied: a [batch · m · k] and b [batch · k · n] scalars. */
export interface Operands extends Dimensions {
  readonly a: Handle;
  readonly b: Handle;
}

/** Multiplications below which packing costs more than it saves: some dispatches. */
const WORTH_PACKING = 2 ** 15;

/**
 * a × b on the device, [batch · m, n] scalars. Small ones run as one plain kernel; larger ones on WebGPU as four elements per thread, on
 * WebGL 2 as tiles of packed operands, on WebGL 1 as vectors. All add up the products of one element in the order of k.
 */
export function matmul(device: Device, operands: Operands): Handle {
  const { a, b, ...dimensions } = operands;
  const { batch, m, k, n } = dimensions;
  const isSmall = batch * m * k * n < WORTH_PACKING;
  if (device.mode === 'webgpu' && !isSmall && n >= 4) return byFours(device, a, b, dimensions);
  if (isSmall || !device.vectors) return device.run(plainProduct(dimensions), [a, b]);
  const left = device.run(packLeft(dimensions), [a]);
  return freedAfter(device, [left], () => {
    const right = device.run(packRight(dimensions), [b]);
    return freedAfter(device, [right], () => ofPacked(device, left, right, dimensions));
  });
}

/** The product of operands that `packLeft` and `packRight` have packed, on a device that has `vectors`. */
export function ofPacked(device: Device, left: Handle, right: Handle, dimensions: Dimensions): Handle {
  const tiling = tilingOf(dimensions, device.nativeOutputs, device.sideLimit);
  if (!tiling) return asRows(device, device.run(vectorProduct(dimensions), [left, right]), dimensions);
  const tiles = device.runNative(tiledProduct(dimensions, tiling), [left, right]);
  return freedAfter(device, tiles, () => device.runNative(fromTiles(dimensions, tiling), tiles)[0]!);
}

function byFours(device: Device, a: Handle, b: Handle, dimensions: Dimensions): Handle {
  return asRows(device, device.run(productOfFours(dimensions), [a, b]), dimensions);
}

/** Texels of four as scalars, without what fills up the rows. */
function asRows(device: Device, texels: Handle, { batch, m, n }: Dimensions): Handle {
  const scalars = freedAfter(device, [texels], () => device.asScalars(texels));
  if (n % 4 === 0) return scalars;
  const rows = withoutFilling(4 * Math.ceil(n / 4), n, batch * m);
  return freedAfter(device, [scalars], () => device.run(rows, [scalars]));
}
