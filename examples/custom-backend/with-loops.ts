// The compiled loops of docs/guides/write-a-backend.md.
import type { Backend, Buffer, CompiledLoop, Kernel, LoopProgram, Primitive, Signature } from '@unroll/backend';

export function withLoops(backend: Backend): Backend {
  const run = (op: Primitive, inputs: readonly Buffer[], attrs: unknown, outputs: readonly Signature[]) =>
    (backend.primitives[op] as Kernel<unknown>)(inputs, attrs, outputs);
  const reshaped = (x: Buffer, shape: readonly number[]) =>
    run('reshape', [x], { shape }, [{ shape, dtype: x.dtype }])[0]!;
  const freeAll = (buffers: Iterable<Buffer>) => {
    for (const buffer of buffers) backend.free(buffer);
  };

  function compileLoop({ values, inputs, outputs, phases, carried, reversed }: LoopProgram): CompiledLoop {
    // Values that change from step to step: given for all steps, or made in the step. Whatever else it reads is constant.
    const given = new Set([...inputs.series, ...phases.before.flatMap((equation) => equation.outputs)]);
    const made = new Set(carried.map(({ value }) => value));
    for (const { op, outputs } of phases.loop) if (op !== 'accumulate') for (const output of outputs) made.add(output);
    // Those that somebody outside of the loop reads must be kept, for every step.
    const readLater = [...phases.after, ...phases.totals].flatMap((equation) => equation.inputs);
    const kept = [...new Set([...outputs.series, ...readLater])].filter((value) => made.has(value));

    return (loop) => {
      const { time } = loop;
      let state = loop.carried.map((buffer) => backend.share(buffer)); // what is given stays the caller's
      const rows = kept.map((): Buffer[] => []);
      const totals = new Map<number, Buffer>();
      for (let i = 0; i < time; i++) {
        const t = reversed ? time - 1 - i : i;
        const now = new Map(carried.map(({ value }, j) => [value, state[j]!]));
        const get = (value: number): Buffer => {
          if (!now.has(value) && given.has(value)) {
            const { shape, dtype } = values[value]!;
            const [row] = run('slice', [loop.series(value)], { axis: 0, start: t, size: 1 }, [
              { shape: [1, ...shape], dtype },
            ]);
            now.set(value, reshaped(row!, shape));
            backend.free(row!);
          }
          return now.get(value) ?? loop.constant(value);
        };
        for (const { op, inputs, attrs, outputs } of phases.loop) {
          if (op === 'detach') {
            now.set(outputs[0]!, backend.share(get(inputs[0]!)));
          } else if (op === 'accumulate') {
            const [total, term] = [totals.get(outputs[0]!), get(inputs[0]!)];
            totals.set(outputs[0]!, total ? run('add', [total, term], {}, [term])[0]! : backend.share(term));
            if (total) backend.free(total);
          } else {
            const results = run(
              op as Primitive,
              inputs.map(get),
              attrs,
              outputs.map((output) => values[output]!),
            );
            results.forEach((result, j) => now.set(outputs[j]!, result));
          }
        }
        kept.forEach((value, j) => rows[j]!.push(reshaped(get(value), [1, ...values[value]!.shape])));
        state = carried.map(({ next }) => backend.share(get(next)));
        freeAll(now.values());
      }
      const wholes = kept.map((value, j) => {
        const signature = { shape: [time, ...values[value]!.shape], dtype: values[value]!.dtype };
        const [whole] = run('concat', reversed ? rows[j]!.toReversed() : rows[j]!, { axis: 0 }, [signature]);
        freeAll(rows[j]!);
        return [value, whole!] as const;
      });
      return { carried: state, series: new Map(wholes), totals };
    };
  }
  return { ...backend, compileLoop };
}
