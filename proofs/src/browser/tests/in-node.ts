import { wasm } from '@unroll/backend-wasm';
import type { TestProject } from 'vitest/node';
import { save, train } from './training.ts';

/** What a training run gave in Node. */
export interface InNode {
  readonly losses: readonly number[];
  /** The bytes of the trained model's file. */
  readonly file: readonly number[];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** By number of threads. */
    readonly inNode: Readonly<Record<1 | 2, InNode>>;
  }
}

/** Runs in Node, before the tests run in the browser. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('inNode', { 1: await trainWith(1), 2: await trainWith(2) });
}

async function trainWith(threads: number): Promise<InNode> {
  const backend = await wasm({ relaxedSimd: false, threads, onFallback: () => undefined });
  const { losses, model } = await train(backend);
  const file = [...(await save(model))];
  backend.dispose();
  return { losses, file };
}
