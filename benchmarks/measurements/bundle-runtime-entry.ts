// The same page with a model that was compiled before.
import { generate, greedy, load } from '@unroll/runtime';

/** Letters by the model in a file. */
export async function write(url: string, show: (token: number) => void) {
  const model = await load(url);
  for (const token of generate({ stream: model.stream(), prompt: [1], length: 1000, choose: greedy() })) show(token);
}
