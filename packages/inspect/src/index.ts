/** Sees inside recurrent networks. */
export { inspect, inspectRun, type InspectOptions } from './inspect.ts';
export { type SeriesByName, type ProbeSeries, unitsOverTime } from './series.ts';
export { gradientThroughTime, type GradientThroughTimeOptions, type GradientNorms } from './gradient-through-time.ts';
export { probed } from './probed.ts';
export type { Matrix } from './draw/matrix.ts';
export { heatMapsSvg, type HeatMapsOptions, type HeatMapPanel } from './draw/heat-maps-svg.ts';
export { heatMapText, type HeatMapTextOptions } from './draw/heat-map-text.ts';
export { curvesSvg } from './draw/curves-svg.ts';
export { curvesText } from './draw/curves-text.ts';
export type { Curve, CurvesOptions } from './draw/curves.ts';
export { viridis, blueWhiteRed, type Palette, type Color, type ColorScaleOptions } from './draw/palette.ts';
export type { TerminalOptions } from './draw/terminal.ts';
export { diagnose } from './diagnose/diagnose.ts';
export type { DiagnoseOptions, VocabularyFacts } from './diagnose/options.ts';
export { formatFindings, type Finding, type FindingCode } from './diagnose/finding.ts';
