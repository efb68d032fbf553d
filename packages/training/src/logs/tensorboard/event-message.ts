import { ProtoWriter } from './proto-writer.ts';

/** Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/{summary,tensor,tensor_shape}.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 };
const SUMMARY_VALUE = { tag: 1, simpleValue: 2, tensor: 8, metadata: 9 };
const TENSOR = { dtype: 1, shape: 2, stringValue: 8 };
const DT_STRING = 7;

/** What happened when. */
export interface Moment {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** The first message of every file. */
export function versionMessage(wallTime: number): Uint8Array {
  return new ProtoWriter().double(EVENT.wallTime, wallTime).string(EVENT.fileVersion, 'brain.Event:2').finish();
}

/** Numbers by tag, `loss/train`: float32 in the file. */
export function scalarsMessage(
  { wallTime, step }: Moment,
  scalars: readonly (readonly [string, number])[],
): Uint8Array {
  const summary = new ProtoWriter();
  for (const [tag, value] of scalars) {
    summary.message(1, new ProtoWriter().string(SUMMARY_VALUE.tag, tag).float(SUMMARY_VALUE.simpleValue, value));
  }
  return eventOf({ wallTime, step }, summary);
}

/** A text, for the text plugin, which shows it as Markdown: each line is indented, so that it is shown as it is. */
export function textMessage(moment: Moment, tag: string, text: string): Uint8Array {
  const shape = new ProtoWriter().message(2, new ProtoWriter().integer(1, 1));
  const verbatim = text.replaceAll(/^/gm, '    ');
  const tensor = new ProtoWriter()
    .integer(TENSOR.dtype, DT_STRING)
    .message(TENSOR.shape, shape)
    .string(TENSOR.stringValue, verbatim);
  const plugin = new ProtoWriter().message(1, new ProtoWriter().string(1, 'text'));
  const value = new ProtoWriter()
    .string(SUMMARY_VALUE.tag, tag)
    .message(SUMMARY_VALUE.tensor, tensor)
    .message(SUMMARY_VALUE.metadata, plugin);
  return eventOf(moment, new ProtoWriter().message(1, value));
}

function eventOf({ wallTime, step }: Moment, summary: ProtoWriter): Uint8Array {
  return new ProtoWriter()
    .double(EVENT.wallTime, wallTime)
    .integer(EVENT.step, step)
    .message(EVENT.summary, summary)
    .finish();
}
