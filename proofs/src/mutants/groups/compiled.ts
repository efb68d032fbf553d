import type { MutationGroup } from '../mutation.ts';

const machine = 'packages/runtime/src/machine.ts';
const stream = 'packages/runtime/src/stream.ts';
const file = 'packages/runtime/src/file.ts';
const sampling = 'packages/runtime/src/sampling.ts';

/** Mistakes in models that are compiled ahead of time, and in what runs them. */
export const compiled: MutationGroup = {
  tests: ['packages/runtime/', 'packages/compile/', 'packages/cells/src/stream/'],
  mutations: [
    {
      mistake: 'compiled model: addresses of a stream point to where the first one lies',
      file: machine,
      edits: [
        ['words[i]! += range', 'words[i]! += streams'],
        ['{ table, relocated }: Program', '{ table, relocated, streams }: Program'],
      ],
    },
    {
      mistake: 'compiled model: an ended stream’s memory is given to two others',
      file: machine,
      edits: [['this.#free.pop()', 'this.#free[0]']],
    },
    {
      mistake: 'compiled model: packed weights stay in the memory that goes',
      file: machine,
      edits: [['new Uint8Array(whole.memory.buffer, 0, streams)', 'new Uint8Array(whole.memory.buffer, 0, 0)']],
    },
    {
      mistake: 'compiled model: streams begin with zeros, whatever the initial state is',
      file: stream,
      edits: [['else if (bytes)', 'else if (bytes && bytes.length === 0)']],
    },
    {
      mistake: 'compiled model: the next step writes over what the one before gave',
      file: stream,
      edits: [['return this.#view(program.output).slice()', 'return this.#view(program.output)']],
    },
    {
      mistake: 'compiled model: fractions are taken for tokens',
      file: stream,
      edits: [['values[i] !== (values[i]! | 0)', 'values[i] !== values[i]!']],
    },
    {
      mistake: 'compiled model: files of any version are run',
      file,
      edits: [['version !== VERSION', 'version === undefined']],
    },
    {
      mistake: 'compiled model: files that were cut off are run',
      file,
      edits: [['bytes.length !== size', 'bytes.length < start']],
    },
    {
      mistake: 'runtime: top-p counts the tokens that top-k took away',
      file: sampling,
      edits: [['topP * order.slice(0, count).reduce', 'topP * order.reduce']],
    },
    {
      mistake: 'runtime: random numbers of another generator',
      file: 'packages/runtime/src/rng.ts',
      edits: [['(low << 5) | (high >>> 27)', '(low << 5) | (high >>> 26)']],
    },
    {
      mistake: 'compiled model: weights that differ share a name',
      file: 'packages/compile/src/tensor-list.ts',
      edits: [['a.shape.join() === b.shape.join() &&', 'a.shape.join() === b.shape.join() ||']],
    },
    {
      mistake: 'a step as data frees a parameter that is an initial state',
      file: 'packages/cells/src/stream/write-step.ts',
      edits: [['(leaf) => leaf.detach()', '(leaf) => leaf']],
    },
  ],
};
