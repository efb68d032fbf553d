// Where the browser for the stage `browser` comes from.
import { type BrowserName, findBrowser, whyNoBrowser } from './browsers.ts';

/** What it is called. */
export const chromium: BrowserName = {
  title: 'Chromium',
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  variable: 'CHROMIUM_PATH',
  packages: ['chromium'],
};

/** Sees to it that there is a Chromium; if that can't be, says why, and what would help. */
export function whyNoChromium(): string | undefined {
  return whyNoBrowser(chromium);
}

/** The full path of what CHROMIUM_PATH names, or of a Chromium in PATH. */
export function findChromium(): string | undefined {
  return findBrowser(chromium);
}
