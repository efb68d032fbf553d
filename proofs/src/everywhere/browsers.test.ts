import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
// @boundaries-ignore the scripts of the root belong to no package
import { whyNoBrowser } from '../../../scripts/browsers.ts';

const browser = { title: 'Example', names: ['example-browser'], variable: 'EXAMPLE_PATH', packages: ['example'] };

describe.skipIf(process.platform === 'win32')('a browser that is missing', () => {
  let folder: string;
  let log: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unroll-browsers-'));
    log = join(folder, 'log');
    vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
    vi.spyOn(console, 'log').mockReturnValue();
    vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  function command(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  function beRoot(isRoot: boolean): void {
    vi.spyOn(process as { getuid(): number }, 'getuid').mockReturnValue(isRoot ? 0 : 1000);
  }

  it('is installed, after an update where the lists of packages are old', () => {
    beRoot(true);
    command(
      'apt-get',
      `echo "$@" >> ${log}
      case "$*" in *update) touch ${folder}/updated;; *install*)
        [ -e ${folder}/updated ] || exit 100
        printf '#!/bin/sh\\n' > ${folder}/example-browser; chmod +x ${folder}/example-browser;; esac`,
    );
    expect(whyNoBrowser(browser)).toBeUndefined();
    const calls = readFileSync(log, 'utf8').trim().split('\n').slice(1);
    expect(calls.map((call) => call.replace(/.*?(install|update)/, '$1'))).toEqual([
      'install --yes --no-install-recommends example',
      'update',
      'install --yes --no-install-recommends example',
    ]);
  });

  it('is not installed where apt-get fails: it says what apt-get said, and what would help', () => {
    beRoot(true);
    command('apt-get', `[ "$1" = --version ] && exit 0; echo 'W: old' >&2; echo 'E: no such package' >&2; exit 100`);
    expect(whyNoBrowser(browser)).toBe(
      'there is no Example, and apt-get could not install it: E: no such package ' +
        'Install Example (Debian: apt-get install example), or set EXAMPLE_PATH.',
    );
  });

  it('is not installed where apt-get fails without a word, which is said as well', () => {
    beRoot(true);
    command('apt-get', '[ "$1" = --version ]');
    expect(whyNoBrowser(browser)).toContain('apt-get could not install it: it failed. Install Example');
  });

  it('is not installed by anybody but root', () => {
    beRoot(false);
    command('apt-get', `echo "$@" >> ${log}`);
    expect(whyNoBrowser(browser)).toMatch(/^there is no Example\. Install Example/);
    expect(() => readFileSync(log)).toThrow('ENOENT');
  });

  it('is not installed if the variable names one', () => {
    beRoot(true);
    vi.stubEnv('EXAMPLE_PATH', '/nowhere');
    expect(whyNoBrowser(browser)).toBe('EXAMPLE_PATH is /nowhere, which does not run.');
  });
});
