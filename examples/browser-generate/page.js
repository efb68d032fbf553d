// Lets a model write that `char-rnn export` compiled. All that the page loads besides: the file of @unroll/runtime.
import { Rng, generate, load, sampled } from './runtime.js';

const LENGTH = 600;

const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const output = document.querySelector('output');

const model = await load('model.safetensors').catch((error) => {
  status.textContent = error.message;
  throw error;
});
// The character of each token; empty for those that are nothing to write.
const characters = JSON.parse(model.metadata.characters);
const stream = model.stream();
let writing = 0;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void write();
});
await write();

async function write() {
  const { prime, temperature, seed } = Object.fromEntries(new FormData(form));
  const draw = sampled({ rng: new Rng(Number(seed)), temperature: Number(temperature) });
  const choose = (logits) =>
    draw(Float32Array.from(logits, (logit, id) => (characters[id] === '' ? -Infinity : logit)));
  const prompt = Array.from(prime || '\n', (character) => Math.max(characters.indexOf(character), 0));

  const mine = ++writing;
  const start = performance.now();
  let frame = start;
  let text = prime;
  status.textContent = 'Writing…';
  stream.reset();
  for (const token of generate({ stream, prompt, length: LENGTH, choose })) {
    text += characters[token];
    if (performance.now() - frame < 12) continue;
    output.textContent = text;
    await new Promise(requestAnimationFrame);
    // Somebody pressed the button again.
    if (mine !== writing) return;
    frame = performance.now();
  }
  output.textContent = text;
  status.textContent = `${LENGTH} characters in ${(performance.now() - start).toFixed(0)} ms`;
}
