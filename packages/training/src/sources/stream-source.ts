import { UnrollError, checkGiven } from '@unroll/backend';
import type { LanguageModelStreams, StreamChunk } from '@unroll/data';
import * as v from 'valibot';
import { checked, count } from '../checked.ts';
import type { BatchSource } from './batch-source.ts';

const schema = v.strictObject({
  position: count,
  batch: count,
  time: count,
  streamLength: count,
  chunksPerPass: count,
});

/**
 * The chunks of a text in order, pass after pass, for truncated backpropagation: the state is carried from chunk to chunk, and reset
 * where a pass starts.
 */
export function streamSource(streams: LanguageModelStreams): BatchSource<StreamChunk> {
  checkGiven('streamSource', { streams });
  const { batch, time, streamLength, chunksPerPass } = streams;
  const shape = { batch, time, streamLength, chunksPerPass };
  let position = 0;
  return {
    batchesPerEpoch: chunksPerPass,
    next() {
      const chunk = streams.chunkAt(position++);
      return { batch: chunk, reset: chunk.startsNewPass };
    },
    state: () => ({ position, ...shape }),
    restore(state) {
      const { position: saved, ...found } = checked('source', schema, state);
      for (const [name, value] of Object.entries(shape)) {
        const other = found[name as keyof typeof shape];
        if (other === value) continue;
        throw new UnrollError(
          'STATE_MISMATCH',
          `streamSource: ${name} is ${value} here and was ${other} in the run that made the checkpoint. ` +
            'Resume with the same text, batch and time.',
        );
      }
      position = saved;
    },
  };
}
