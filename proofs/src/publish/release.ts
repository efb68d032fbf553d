import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';
import type { Registry } from './registry.ts';

/** A package as the registry has it. */
export interface Published {
  readonly name: string;
  readonly version: string;
  /** Direct ones, with the peers that npm installs. */
  readonly dependencies: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Applies the changesets, builds, and publishes every public package, by the commands that a release runs. */
export async function release({ folder, env }: Checkout, registry: Registry): Promise<void> {
  // Twenty packages are built from nothing, on a busy machine too.
  const inCheckout = { cwd: folder, env: { ...env, ...registry.env }, timeout: 1800 };
  // changesets tags what it publishes, and a tag has an author.
  for (const [key, value] of [
    ['user.name', 'proof'],
    ['user.email', 'proof@localhost'],
  ] as const) {
    await run('git', ['config', key, value], inCheckout);
  }
  await run('changeset', ['version'], inCheckout);
  await run('turbo', ['run', 'build', '--output-logs=errors-only'], inCheckout);
  await run('changeset', ['publish'], inCheckout);
}

/** What the registry now holds of us: every public package of the checkout, in the version of the checkout. */
export async function publishedPackages({ folder }: Checkout, { url }: Registry): Promise<readonly Published[]> {
  const manifests = globSync('{packages,apps}/*/package.json', { cwd: folder })
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Manifest)
    .filter((manifest) => manifest.private !== true);
  return Promise.all(manifests.map(({ name, version }) => lookUp(url, name, version)));
}

/** @throws Error if it is not there, or if its manifest names the workspace */
async function lookUp(url: string, name: string, version: string): Promise<Published> {
  const response = await fetch(`${url}${name}/${version}`);
  if (!response.ok) throw new Error(`${name} ${version} was not published: ${response.status}`);
  const text = await response.text();
  const leftover = /"(workspace:|catalog:|@unroll\/source)[^"]*"/.exec(text);
  if (leftover) throw new Error(`The published manifest of ${name} contains ${leftover[0]}.`);
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = JSON.parse(text) as Manifest;
  const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
  return { name, version, dependencies: [...new Set([...Object.keys(dependencies), ...peers])] };
}
