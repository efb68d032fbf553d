/** Tests that every backend has to pass. Needs vitest. */
export { describeBackend } from './conformance/describe-backend.ts';
export type { ConformanceOptions } from './conformance/options.ts';
export type { Property } from './conformance/contract.ts';
export type { SpecialValues } from './conformance/special.ts';
export type { Tolerance } from './conformance/tolerance.ts';
export type { ConformanceReport, ReportCase, ReportRow, ReportSkip } from './conformance/report.ts';
export type { Errors } from './conformance/compare.ts';
