import { disposeState, keepState } from '@unroll/cells';
import { type Matrix, inspectRun, unitsOverTime } from '@unroll/inspect';
import { scope, tensor } from '@unroll/tensor';
import type { CharRnn, CharRnnState } from '../model.ts';

/** What all units of one kind do on a text: gates, states. */
export interface UnitSeries {
  /** `layer 1 h`, `layer 2 f`: the layer from 1, and the name that the cell gives the value. */
  readonly name: string;
  /** A row per unit, a column per character: what it is after that character was read. */
  readonly values: Matrix;
}

/** Characters that are read at a stretch: a watched run keeps the values of all its steps. */
const STRETCH = 1000;

/** Every gate and state of a model while it reads a text. */
export async function readUnits(model: CharRnn, tokens: Int32Array): Promise<readonly UnitSeries[]> {
  const parts = new Map<string, Matrix[]>();
  let state: CharRnnState | undefined;
  try {
    for (let start = 0; start < tokens.length; start += STRETCH) {
      const part = tokens.subarray(start, start + STRETCH);
      const before = state;
      const found = await inspectRun(model, () => {
        state = scope(() => keepState(model.forward(tensor(part, { shape: [1, part.length] }), { state: before })[1]));
      });
      if (before) disposeState(before);
      for (const [path, series] of found) {
        const name = nameOf(path);
        parts.set(name, [...(parts.get(name) ?? []), unitsOverTime(series)]);
      }
    }
  } finally {
    if (state) disposeState(state);
  }
  return Array.from(parts, ([name, matrices]) => ({ name, values: joined(matrices) }));
}

function nameOf(path: string): string {
  const [, layer, value] = /(\d+)\.(?:.*\.)?(\w+)$/.exec(path) ?? [];
  return layer === undefined ? path : `layer ${Number(layer) + 1} ${value}`;
}

/** Side by side. */
function joined(parts: readonly Matrix[]): Matrix {
  const rows = parts[0]!.rows;
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const data = new Float32Array(rows * columns);
  let start = 0;
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < part.columns; i++) data[row * columns + start + i] = part.data[row * part.columns + i]!;
    }
    start += part.columns;
  }
  return { rows, columns, data };
}
