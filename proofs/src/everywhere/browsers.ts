import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// @boundaries-ignore browsers are found as the tests find theirs, which belong to no package
import { chromium } from '../../../scripts/chromium.ts';
// @boundaries-ignore as above
import { type BrowserName, findBrowser, whyNoBrowser } from '../../../scripts/browsers.ts';
import { GPU_FLAGS, inChromium } from '../shared/chromium.ts';
import { start, stop } from '../shared/execute.ts';
import type { OpenPage } from '../shared/visit.ts';

/** A browser that is here. */
export interface Browser {
  readonly name: string;
  readonly version: string;
  readonly open: OpenPage;
  /** What is set that users have otherwise. */
  readonly settings: string;
}

/** An engine that is not here, and what would help. */
export interface Absent {
  readonly name: string;
  readonly reason: string;
}

interface Kind {
  readonly name: string;
  readonly browser: BrowserName;
  readonly open: (command: string) => OpenPage;
  readonly settings: string;
}

/** A screen that is not there. */
const SCREEN = ['xvfb-run', '-a'] as const;

const kinds: readonly Kind[] = [
  {
    name: 'Chromium',
    browser: chromium,
    open: (command) => inChromium(command, GPU_FLAGS),
    settings: 'headless, with WebGL 2 and WebGPU in software',
  },
  {
    name: 'Firefox',
    browser: {
      title: 'Firefox',
      names: ['firefox-esr', 'firefox'],
      variable: 'FIREFOX_PATH',
      // Headless it has no WebGL.
      through: SCREEN,
      packages: ['firefox-esr', 'xvfb', 'xauth'],
    },
    open: inFirefox,
    settings: 'on a virtual screen, with `webgl.force-enabled`',
  },
  {
    name: 'WebKitGTK',
    browser: {
      title: 'WebKitGTK',
      // Where it is, once it is installed.
      get names() {
        return globSync('/usr/lib/*/webkit2gtk-4.1/MiniBrowser');
      },
      variable: 'WEBKIT_PATH',
      through: SCREEN,
      packages: ['libwebkit2gtk-4.1-0', 'xvfb', 'xauth'],
    },
    open: inWebKit,
    settings:
      'its MiniBrowser on a virtual screen, with `JSC_useSharedArrayBuffer=1`: shared memory, which Safari gives isolated pages',
  },
];

/** Finds or installs the browsers. */
export function findBrowsers(): readonly (Browser | Absent)[] {
  return kinds.map(({ name, browser, open, settings }) => {
    const reason = whyNoBrowser(browser);
    const command = findBrowser(browser);
    if (command === undefined) return { name, reason: reason ?? 'not found' };
    const [first, ...args] = [...(browser.through ?? []), command, '--version'];
    const said = spawnSync(first, args, { encoding: 'utf8' }).stdout;
    return { name, version: /\d[\w.]*/.exec(said)?.[0] ?? 'unknown', open: open(command), settings };
  });
}

function inFirefox(command: string): OpenPage {
  return (url, profile) => {
    mkdirSync(profile, { recursive: true });
    const preferences = { 'webgl.force-enabled': true, 'dom.webgpu.enabled': true, 'app.update.auto': false };
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${value});\n`);
    writeFileSync(join(profile, 'user.js'), lines.join(''));
    return onScreen([command, '--no-remote', '--profile', profile, url], {});
  };
}

function inWebKit(command: string): OpenPage {
  return (url, profile) => {
    const home = { HOME: profile, XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile };
    mkdirSync(profile, { recursive: true });
    return onScreen([command, url], { ...home, JSC_useSharedArrayBuffer: '1' });
  };
}

function onScreen(command: readonly string[], extra: NodeJS.ProcessEnv): ReturnType<OpenPage> {
  const [first, ...args] = [...SCREEN, ...command];
  const child = start(first, args, { stdio: 'ignore', env: { ...process.env, ...extra } });
  return { close: () => stop(child) };
}
