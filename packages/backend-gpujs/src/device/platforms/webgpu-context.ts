import { UnrollError } from '@unroll/backend';
import type { GpuJs } from '../../gpujs.ts';

export type Listener = (event: { readonly error: { readonly message: string } }) => void;

/** A device as GPU.js keeps it. */
export interface Context {
  isLost: boolean;
  readonly adapter: { readonly info?: Readonly<Record<string, unknown>> };
  readonly device: {
    readonly lost?: Promise<unknown>;
    destroy?(): void;
    addEventListener?(name: string, listener: Listener): void;
    removeEventListener?(name: string, listener: Listener): void;
    createBuffer(settings: { readonly size: number; readonly usage: number }): unknown;
    readonly queue: { writeBuffer(buffer: unknown, offset: number, data: Float32Array): void };
  };
}

type Limits = Readonly<Record<'maxStorageBufferBindingSize' | 'maxBufferSize', number>>;

interface Adapter {
  readonly info?: Readonly<Record<string, unknown>>;
  readonly limits: Limits;
  requestDevice(settings: { readonly requiredLimits: Limits }): Promise<Context['device']>;
}

/**
 * A device of its own: its errors, its end and its memory are nobody else's.
 * @throws UnrollError NOT_AVAILABLE if there is no adapter any more
 */
export async function openContext(): Promise<Context> {
  const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter();
  if (!adapter) {
    throw new UnrollError('NOT_AVAILABLE', "gpujs: navigator.gpu gives no adapter. Use 'webgl2', or try again later.");
  }
  // What is granted without being asked for is 128 MiB for a buffer, whatever the device has.
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  const context: Context = { adapter, device, isLost: false };
  void device.lost?.then(() => {
    context.isLost = true;
  });
  return context;
}

/** Who builds a kernel at the moment. */
let opener: (() => Promise<Context>) | undefined;
const separated = new WeakSet<object>();

/**
 * Runs a first call of a kernel, in which GPU.js asks for its device: it gets what `open` gives. By itself GPU.js has one for the whole page.
 */
export function buildingOn<T>(library: GpuJs, open: () => Promise<Context>, call: () => T): T {
  const { WebGPUContext } = library;
  if (!separated.has(WebGPUContext)) {
    separated.add(WebGPUContext);
    const acquire = WebGPUContext.acquire.bind(WebGPUContext);
    // Asked for before the call returns; whoever else uses GPU.js in the page goes on sharing.
    WebGPUContext.acquire = () => (opener ? opener() : acquire());
  }
  const outer = opener;
  opener = open;
  try {
    return call();
  } finally {
    opener = outer;
  }
}
