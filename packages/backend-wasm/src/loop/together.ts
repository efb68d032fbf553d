import type { Gate } from '../kernels/exp.ts';
import type { Node } from './actions.ts';
import type { Schedule } from './schedule.ts';

/** Nodes that run together: sigmoids and tanhs that do not depend on each other, as the gates of a cell, or one node of any kind. */
export type Group =
  | { readonly kind: 'gates'; readonly gates: readonly { readonly op: Gate['op']; readonly node: Node }[] }
  | { readonly kind: 'node'; readonly node: Node };

/** What tells which values a node reads. */
type Reads = Pick<Schedule, 'parts' | 'inlined' | 'strips'>;

/** More gates at a time do not fit into the registers. */
const MOST = 4;

/** The nodes of a section in groups, in an order in which they can run. */
export function inGroups(nodes: readonly Node[], schedule: Reads): readonly Group[] {
  const makers = new Map(nodes.map((node) => [node.output, node]));
  const groups: Group[] = [];
  const done = new Set<Node>();
  const neededBy = new Map<Node, readonly Node[]>();
  for (const node of nodes) {
    const values = node.inputs.flatMap((input) => valuesIn(input, schedule));
    neededBy.set(
      node,
      values.flatMap((value) => makers.get(value) ?? []),
    );
  }
  /** A gate that has to run before a node, as found the last time: while it has not, nobody looks again. */
  const waitsFor = new Map<Node, Node>();
  /** What has yet to run before a node, in order; undefined if a gate is among it. */
  const missing = (node: Node): readonly Node[] | undefined => {
    const list = new Set<Node>();
    const visit = (one: Node): Node | undefined => {
      if (done.has(one) || list.has(one)) return undefined;
      if (one !== node && isGate(one.op)) return one;
      const known = waitsFor.get(one);
      if (known && !done.has(known)) return known;
      for (const maker of neededBy.get(one)!) {
        const gate = visit(maker);
        if (!gate) continue;
        waitsFor.set(one, gate);
        return gate;
      }
      if (one !== node) list.add(one);
      return undefined;
    };
    return visit(node) ? undefined : [...list];
  };
  const run = (node: Node): void => {
    done.add(node);
    groups.push({ kind: 'node', node });
  };
  for (const [i, node] of nodes.entries()) {
    if (done.has(node)) continue;
    if (!isGate(node.op)) {
      run(node);
      continue;
    }
    const gates = [{ op: node.op, node }];
    for (const other of nodes.slice(i + 1)) {
      if (gates.length === MOST || done.has(other) || !isGate(other.op)) continue;
      const first = missing(other);
      if (!first) continue;
      first.forEach(run);
      gates.push({ op: other.op, node: other });
    }
    for (const gate of gates) done.add(gate.node);
    groups.push({ kind: 'gates', gates });
  }
  return groups;
}

function isGate(op: string): op is Gate['op'] {
  return op === 'sigmoid' || op === 'tanh';
}

/** What is read when a value is read: itself, or what it is a part of or is made again of. */
function valuesIn(value: number, schedule: Reads): readonly number[] {
  const { parts, inlined, strips } = schedule;
  const part = parts.get(value);
  if (part) return valuesIn(part.of, schedule);
  const node = inlined.get(value);
  if (node) return node.inputs.flatMap((input) => valuesIn(input, schedule));
  return strips.get(value)?.map((strip) => strip.value) ?? [value];
}
