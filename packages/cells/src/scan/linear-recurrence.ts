import type { Signature } from '@unroll/backend';
import { type Tensor, activeRecorders } from '@unroll/tensor';
import { BufferMachine, type Machine, TensorMachine, apply, applyTo, zerosOn } from './machine.ts';

/** Steps that are taken one after the other at each level of the tree. */
const RADIX = 8;

/**
 * hₜ = aₜ∘hₜ₋₁ + bₜ for all t, as a parallel prefix scan: a and b are [time, n], initial is [n], the result is [time, n]. It takes
 * O(log time) sweeps of ops on whole sequences instead of `time` steps (Blelloch 1990; Martin & Cundy 2018 for recurrent networks).
 *
 * The derivative is the same recurrence, from the last step to the first.
 */
export function linearRecurrence(a: Tensor, b: Tensor, initial: Tensor): Tensor {
  const recorders = activeRecorders();
  const differentiation = recorders.length === 1 ? recorders[0]!.differentiation : undefined;
  // Several recorders, or one that wants to hear of every op.
  if (recorders.length > 0 && !differentiation) return states(new TensorMachine(a.backend), a, b, initial);
  const machine = new BufferMachine(a.backend);
  const h = machine.toTensor(states(machine, a.buffer, b.buffer, initial.buffer));
  differentiation?.recordComposite({
    inputs: [a, b, initial],
    outputs: [h],
    pullBack: ([dh]) =>
      activeRecorders().length > 0
        ? pullBack(new TensorMachine(a.backend), [a, initial, h], dh!)
        : pullBack(new BufferMachine(a.backend), [a, initial, h], dh!),
  });
  return h;
}

/** gₜ = dhₜ + aₜ₊₁∘gₜ₊₁; then da = g∘h₋, db = g, dinitial = a₀∘g₀. */
function pullBack<V extends Signature>(
  machine: Machine<V>,
  tensors: readonly [a: Tensor, initial: Tensor, h: Tensor],
  dh: Tensor,
): readonly Tensor[] {
  const [a, initial, h] = tensors.map((tensor) => machine.ofTensor(tensor)) as [V, V, V];
  const n = a.shape[1]!;
  // The factor in front of the first state that is computed meets zeros, so the wrong one, a₀, does no harm there.
  const backwards = applyTo(machine, 'reverse', rolled(machine, a), { axis: 0 });
  const cotangents = apply(machine, 'reverse', [machine.ofTensor(dh)], { axis: 0 });
  const zero = zerosOn(machine, [n], a.dtype);
  const reversed = states(machine, backwards, cotangents, zero);
  for (const value of [backwards, cotangents, zero]) machine.free(value);
  const g = applyTo(machine, 'reverse', reversed, { axis: 0 });
  const before = shifted(machine, h, initial);
  const da = apply(machine, 'mul', [g, before], {});
  machine.free(before);
  const [a0, g0] = [a, g].map((value) => apply(machine, 'slice', [value], { axis: 0, start: 0, size: 1 })) as [V, V];
  const product = apply(machine, 'mul', [a0, g0], {});
  machine.free(a0);
  machine.free(g0);
  const dInitial = applyTo(machine, 'reshape', product, { shape: [n] });
  return [da, g, dInitial].map((value) => machine.toTensor(value));
}

/** Each row one further up, the first one last. */
function rolled<V extends Signature>(machine: Machine<V>, rows: V): V {
  if (rows.shape[0] === 1) return machine.share(rows);
  const [first, rest] = machine.run('split', [rows], { axis: 0, sizes: [1, rows.shape[0]! - 1] }) as [V, V];
  return joined(machine, [rest, first], 0);
}

/** Each row one further down, `first` [n] in front, without the last one. */
function shifted<V extends Signature>(machine: Machine<V>, rows: V, first: V): V {
  const head = apply(machine, 'reshape', [first], { shape: [1, ...first.shape] });
  if (rows.shape[0] === 1) return head;
  const kept = apply(machine, 'slice', [rows], { axis: 0, start: 0, size: rows.shape[0]! - 1 });
  return joined(machine, [head, kept], 0);
}

/** Takes its values over. */
function joined<V extends Signature>(machine: Machine<V>, values: readonly V[], axis: number): V {
  const result = apply(machine, 'concat', values, { axis });
  for (const value of values) machine.free(value);
  return result;
}

/** All states, from factors and terms [time, n] and the initial state [n]. */
function states<V extends Signature>(machine: Machine<V>, a: V, b: V, initial: V): V {
  const [time, n] = a.shape as [number, number];
  const step = (factor: V, term: V, h: V): V => {
    const product = apply(machine, 'mul', [factor, h], {});
    const sum = apply(machine, 'add', [product, term], {});
    machine.free(product);
    return sum;
  };
  if (time <= RADIX) {
    const [factors, terms] = [a, b].map((value) => rowsOf(machine, value)) as [readonly V[], readonly V[]];
    let h = applyTo(machine, 'reshape', machine.share(initial), { shape: [1, n] });
    const all = factors.map((factor, t) => {
      const next = step(factor, terms[t]!, h);
      if (t === 0) machine.free(h);
      return (h = next);
    });
    for (const value of [...factors, ...terms]) machine.free(value);
    return all.length === 1 ? all[0]! : joined(machine, all, 0);
  }
  // Groups of RADIX steps: within each, the state as a linear function of the state before the group.
  const groups = Math.ceil(time / RADIX);
  const [factors, terms] = [a, b].map((value) => columnsOf(machine, value, groups)) as [readonly V[], readonly V[]];
  const slopes = [machine.share(factors[0]!)];
  const offsets = [machine.share(terms[0]!)];
  for (let j = 1; j < RADIX; j++) {
    slopes.push(apply(machine, 'mul', [factors[j]!, slopes[j - 1]!], {}));
    offsets.push(step(factors[j]!, terms[j]!, offsets[j - 1]!));
  }
  for (const value of [...factors, ...terms]) machine.free(value);
  // The states after each group: the same problem, RADIX times shorter.
  const last = states(machine, slopes[RADIX - 1]!, offsets[RADIX - 1]!, initial);
  const before = shifted(machine, last, initial);
  const all = slopes.map((slope, j) => (j === RADIX - 1 ? last : step(slope, offsets[j]!, before)));
  for (const value of [...slopes, ...offsets, before]) machine.free(value);
  const padded = applyTo(machine, 'reshape', joined(machine, all, 1), { shape: [groups * RADIX, n] });
  if (groups * RADIX === time) return padded;
  return applyTo(machine, 'slice', padded, { axis: 0, start: 0, size: time });
}

/** [time, n] → `time` values [1, n]. */
function rowsOf<V extends Signature>(machine: Machine<V>, value: V): readonly V[] {
  const sizes = Array.from({ length: value.shape[0]! }, () => 1);
  return sizes.length === 1 ? [machine.share(value)] : machine.run('split', [value], { axis: 0, sizes });
}

/** [time, n] → RADIX values [groups, n], the j-th with step j of each group; what is missing at the end is 0. */
function columnsOf<V extends Signature>(machine: Machine<V>, value: V, groups: number): readonly V[] {
  const [time, n] = value.shape as [number, number];
  const after = groups * RADIX - time;
  const padded = after > 0 ? apply(machine, 'pad', [value], { axis: 0, before: 0, after }) : machine.share(value);
  const wide = applyTo(machine, 'reshape', padded, { shape: [groups, RADIX * n] });
  const columns = machine.run('split', [wide], { axis: 1, sizes: Array.from({ length: RADIX }, () => n) });
  machine.free(wide);
  return columns;
}
