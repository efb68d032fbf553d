import type { LoopProgram } from '@unroll/backend';
import type { Action, Pass } from './actions.ts';
import type { Schedule } from './schedule.ts';
import type { Storage, View } from './values.ts';

/**
 * A carried value that is kept for all steps: as a step finds it, and perhaps also as it leaves it. They lie in one range of time + 1
 * slots, as what a step leaves is what the next one finds, and nothing is copied.
 */
export interface StateSlots {
  /** Its place in `LoopProgram.carried`. */
  readonly carried: number;
  /** As the step finds it: the slots but for the last. */
  readonly found: number;
  /** As the step leaves it: the slots but for the first; undefined if nobody wants that. */
  readonly left: number | undefined;
}

/** The same schedule with fewer copies: state that is kept has slots. A step of its own, which tests switch off. */
export function withSlots(program: LoopProgram, schedule: Schedule): Schedule {
  if (program.reversed) return schedule;
  const views = new Map(schedule.views);
  const copies = new Set<number>();
  const slots: StateSlots[] = [];
  let kept = schedule.kept;
  for (const { value: found, made: copy } of schedule.kept) {
    const carried = copy === found ? -1 : program.carried.findIndex(({ value }) => value === found);
    const next = schedule.next[carried];
    const view = next === undefined ? undefined : views.get(next);
    if (!view || view.offset !== 0 || !mayMove(view.storage)) continue;
    const { storage } = view;
    const left = storage.kind === 'kept' ? storage.value : undefined;
    kept = kept.filter(({ value }) => value !== found && value !== left);
    views.delete(copy);
    move(views, storage, { kind: 'kept', value: found, bytes: storage.bytes, isAhead: true });
    copies.add(copy);
    slots.push({ carried, found, left });
  }
  return { ...schedule, actions: without(schedule.actions, copies), views, kept, slots };
}

/** Whether a storage has a range of its own, which nothing else lies in. */
function mayMove(storage: Storage): storage is Storage & { readonly bytes: number } {
  if (storage.kind === 'step') return storage.handedOn;
  return storage.kind === 'kept' && !storage.isAhead;
}

function move(views: Map<number, View>, from: Storage, to: Storage): void {
  for (const [value, view] of views) if (view.storage === from) views.set(value, { ...view, storage: to });
}

/** The actions without the nodes that make some values. */
function without(actions: readonly Action[], values: ReadonlySet<number>): readonly Action[] {
  const restOf = (pass: Pass): readonly Pass[] => {
    if (pass.kind !== 'rows') return [pass];
    const sections = pass.sections.flatMap((section) => {
      const nodes = section.nodes.filter(({ output }) => !values.has(output));
      return nodes.length > 0 ? [{ ...section, nodes }] : [];
    });
    return sections.length > 0 ? [{ ...pass, sections, nodes: sections.flatMap(({ nodes }) => nodes) }] : [];
  };
  return actions.flatMap((action): readonly Action[] => {
    if ('product' in action) return [action];
    const passes = action.passes.flatMap(restOf);
    return passes.length > 0 ? [{ passes }] : [];
  });
}
