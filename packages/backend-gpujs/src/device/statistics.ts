/** What runs and is held, for tests and reports. */
export interface DeviceStatistics {
  /** Kernels that were run. */
  readonly dispatches: number;
  readonly uploads: number;
  readonly downloads: number;
  /** Compiled kernels that are kept, and that were ever made. */
  readonly kernels: number;
  readonly compiled: number;
  readonly compileMilliseconds: number;
  /** Handles that have not been freed. */
  readonly handles: number;
  /** Textures or buffers behind them, and their bytes. */
  readonly textures: number;
  readonly bytes: number;
}
