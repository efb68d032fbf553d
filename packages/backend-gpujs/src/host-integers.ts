import { type Shape, sizeOf } from '@unroll/backend';
import type { Device, Handle } from './device/index.ts';
import type { Deferred } from './memory.ts';
import type { Walk } from './ops/nest.ts';
import { pointwise } from './ops/pointwise.ts';
import { LARGEST_INTEGER } from './whole-numbers.ts';

/** Copies whole numbers to the device, or refuses. */
export type UploadIntegers = (host: Int32Array, op: string) => Handle;

/** Whole numbers of the host, which reach the device at most once, when an op wants them or a part of them. */
export class HostIntegers implements Deferred {
  readonly device: Device;
  readonly host: Int32Array;
  readonly #upload: UploadIntegers;
  #handle: Handle | undefined;
  #users = 1;

  constructor(device: Device, host: Int32Array, upload: UploadIntegers) {
    this.device = device;
    this.host = host;
    this.#upload = upload;
  }

  handle(op: string): Handle {
    this.#handle ??= this.device.keep(this.#upload(this.host, op));
    return this.device.share(this.#handle);
  }

  share(): this {
    this.#users++;
    return this;
  }

  free(): void {
    if (--this.#users === 0 && this.#handle) this.device.free(this.#handle);
  }

  /** What a walk meets, if that is most of it, as what goes in and what is to come out are of one batch. */
  part(host: Int32Array, shape: Shape, walk: Walk): Deferred {
    const upload = this.#upload;
    if (host.length * LEAST_SHARE < this.host.length) return new HostIntegers(this.device, host, upload);
    return new HostPart({ whole: this.share(), host, shape, walk, upload });
  }
}

/** A part must be at least one in so many for the whole to be sent in its place. */
const LEAST_SHARE = 4;

interface HostPartOptions {
  /** Becomes the part's. */
  readonly whole: HostIntegers;
  readonly host: Int32Array;
  readonly shape: Shape;
  readonly walk: Walk;
  readonly upload: UploadIntegers;
}

/** Part of what goes to the device as a whole: it is copied there. */
class HostPart implements Deferred {
  readonly #options: HostPartOptions;
  #users = 1;

  constructor(options: HostPartOptions) {
    this.#options = options;
  }

  handle(op: string): Handle {
    const { whole, host, shape, walk, upload } = this.#options;
    // What is not in the part may be larger than the device counts.
    if (sizeOf(shape) === 0 || whole.host.some((each) => Math.abs(each) > LARGEST_INTEGER)) return upload(host, op);
    const operands = [{ handle: whole.handle(op), walk }];
    return pointwise(whole.device, { name: 'part', shape, operands, formula: (x) => x });
  }

  share(): this {
    this.#users++;
    return this;
  }

  free(): void {
    if (--this.#users === 0) this.#options.whole.free();
  }
}
