import type { Device } from './device.ts';
import type { Handle } from './handle.ts';

/** What `use` gives; `handles` are given back then, also where it fails. */
export function freedAfter<T>(device: Device, handles: readonly Handle[], use: () => T): T {
  try {
    return use();
  } finally {
    for (const handle of handles) device.free(handle);
  }
}
