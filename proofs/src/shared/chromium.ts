import { spawnSync } from 'node:child_process';
import { start, stop } from './execute.ts';
import { type OpenPage, type Visit, visitWith } from './visit.ts';

const chromium = process.env['CHROMIUM_PATH'] ?? 'chromium';

/** Ends the program where there is no Chromium. */
export function requireChromium(): void {
  if (spawnSync(chromium, ['--version']).status === 0) return;
  console.error(`${chromium} does not run. Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH.`);
  process.exit(2);
}

const NO_GPU = ['--disable-gpu'];

/** WebGL 2 and WebGPU in software. */
export const GPU_FLAGS: readonly string[] = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** Serves a folder with these headers, opens its index.html in Chromium, and waits for what the page posts. */
export async function visit(
  folder: string,
  headers: Readonly<Record<string, string>>,
  gpu: readonly string[] = NO_GPU,
): Promise<Visit> {
  return visitWith(inChromium(chromium, gpu), folder, headers);
}

/** Opens pages in this Chromium. */
export function inChromium(command: string, gpu: readonly string[]): OpenPage {
  return (url, profile) => {
    const flags = ['--headless', '--no-sandbox', ...gpu, '--no-first-run', '--disable-background-networking'];
    const browser = start(command, [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore' });
    return { close: () => stop(browser) };
  };
}
