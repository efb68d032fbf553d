import { type Terminal, UsageError, fileError, nearest, styleFor, writeLine } from '@unroll/app-kit/cli';
import { ReaderError, readLines } from '@unroll/data';
import { UnrollError } from '@unroll/tensor';
import type { Conversation } from '../../conversation.ts';
import { unknownCharacters } from '../unknown-characters.ts';
import { writeText } from '../write-text.ts';
import { type ReplySettings, SETTINGS, changed, toldSettings } from './settings.ts';

const HELP = `What you type is read, and answered; an empty line lets the model go on. Besides:
  /temperature x  /top-k n  /top-p p  /length n   how it writes
  /reset   it forgets all that was said
  /quit    the end, as Ctrl-D
Ctrl-C ends a reply; at the prompt, the program.`;

const COMMANDS: readonly string[] = [...SETTINGS, 'reset', 'help', 'quit'];

/** Talks until the input ends or says so. Replies go to the standard output, all else to the other. */
export async function talk(conversation: Conversation, start: ReplySettings, terminal: Terminal): Promise<void> {
  const { stdin, stdout, stderr } = terminal;
  const isPerson = stdin.isTTY === true && stdout.isTTY === true;
  const style = styleFor(stdout);
  let settings = start;
  let reply: AbortController | undefined;
  const release = terminal.onInterrupt(() => (reply ? reply.abort() : terminal.exit(130)));
  const say = (text: string): void => writeLine(stderr, text);
  const prompt = (): void => void (isPerson && stdout.write(style.accent('> ')));
  if (isPerson) say(`${HELP}\n(${toldSettings(settings)})\n`);
  try {
    prompt();
    for await (const line of readLines(stdin, { file: 'standard input' })) {
      const [, command, argument = ''] = /^\/(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
      if (command === 'quit' || command === 'exit') return;
      if (command === undefined) {
        if (line !== '') warn(conversation.read(`${line}\n`), say);
        reply = new AbortController();
        const { temperature, length, 'top-k': topK, 'top-p': topP } = settings;
        const text = conversation.write({ temperature, topK, topP, length, until: '\n\n', signal: reply.signal });
        await writeText(stdout, withoutFirstLineEnds(text));
        reply = undefined;
        writeLine(stdout, isPerson ? '\n' : '');
      } else if (command === 'reset') {
        conversation.reset();
        say('It has forgotten all.');
      } else if (command === 'help') {
        say(HELP);
      } else if (SETTINGS.includes(command)) {
        settings = told(settings, command, argument, say);
      } else {
        const guess = nearest(command, COMMANDS);
        say(
          `There is no /${command}.${guess === undefined ? ' /help lists what there is.' : ` Did you mean /${guess}?`}`,
        );
      }
      prompt();
    }
    if (isPerson) writeLine(stdout);
  } catch (error) {
    // What the model can't do is nothing that the input did wrong.
    if (error instanceof UnrollError && !(error instanceof ReaderError)) throw error;
    throw fileError(error instanceof ReaderError ? 'text.txt' : 'standard input', error);
  } finally {
    release();
  }
}

/** The end of a line is not the user's: a model may have learned from a text without any. */
function warn(unknowns: ReadonlyMap<string, number>, say: (text: string) => void): void {
  const typed = new Map([...unknowns].filter(([character]) => character !== '\n'));
  if (typed.size > 0) say(`The model does not know ${unknownCharacters(typed)}. It reads on without what they mean.`);
}

/** The settings after a command, which also may ask for them only. */
function told(settings: ReplySettings, name: string, text: string, say: (text: string) => void): ReplySettings {
  try {
    const next = text === '' ? settings : changed(settings, name, text);
    say(`(${toldSettings(next)})`);
    return next;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
    return settings;
  }
}

async function* withoutFirstLineEnds(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let hasBegun = false;
  for await (const character of text) {
    hasBegun ||= character !== '\n';
    if (hasBegun) yield character;
  }
}
