// Which mode a project of tests is about; what came of it goes to whoever reads vitest's report.
import { type GpujsBackend, type Mode, availableModes, gpujs } from '@unroll/backend-gpujs';
import { afterAll, inject } from 'vitest';

/** What a project of tests is about. */
export interface GpuSetting {
  readonly mode: Mode;
  /** All cases, not only those that `npm test` has time for. */
  readonly full: boolean;
  /** To be timed; nothing else runs. */
  readonly speed: boolean;
}

/** What a test found out, for the page of results. */
export type GpuFinding =
  | { readonly what: 'device'; readonly mode: Mode; readonly device: string }
  | { readonly what: 'missing'; readonly mode: Mode; readonly reason: string }
  | { readonly what: 'figures'; readonly mode: Mode; readonly figures: Readonly<Record<string, unknown>> };

declare module 'vitest' {
  interface ProvidedContext {
    readonly gpu: GpuSetting;
  }
  interface TaskMeta {
    gpu?: GpuFinding;
  }
}

const setting = inject('gpu');
export const mode: Mode = setting.mode;
export const full: boolean = setting.full;
export const speed: boolean = setting.speed;

/** Why this machine can't run the mode; undefined if it can. */
export const missing: string | undefined = (await availableModes()).find(
  (each) => each.mode === mode && !each.available,
)?.reason;

/** For the names of tests. */
export const title: string = missing === undefined ? mode : `${mode} (skipped: ${missing})`;

/** The backend of this file's tests, opened when first asked for. */
export function theBackend(): Promise<GpujsBackend> {
  opened ??= gpujs({ mode });
  return opened;
}
let opened: Promise<GpujsBackend> | undefined;

afterAll(async () => {
  await (await opened)?.dispose();
});
