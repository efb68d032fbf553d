import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ran } from '../testing.ts';

/** The tests that the `train` of every app passes with settings in a file and on the command line. `small` makes a run a matter of a second. */
export function describeSettings(run: (...argv: readonly string[]) => Promise<Ran>, small: readonly string[]): void {
  const root = mkdtempSync(join(tmpdir(), 'unroll-settings-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const config = join(root, 'settings.json');
  const train = async (settings: object, ...argv: readonly string[]): Promise<Ran> => {
    writeFileSync(config, JSON.stringify(settings));
    return run('train', ...small, '--config', config, '--out', join(root, 'out'), '--overwrite', ...argv);
  };

  describe('settings of the file and of the command line', () => {
    it('one of the file is needless where the command line says so, and no mistake', async () => {
      expect(await train({ threads: 2 }, '--backend', 'cpu')).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining('on cpu: plain JavaScript'),
      });
    });

    it('a word that is a number needs no quotes', async () => {
      expect(await train({ vectors: 128 })).toMatchObject({ code: 0, err: '' });
      expect((await train({ vectors: 512 })).err).toContain('"vectors" is 512: give auto, 256 or 128.');
    });

    it('one without effect is refused where it stands', async () => {
      expect(await train({ backend: 'cpu' }, '--threads', '2')).toMatchObject({
        code: 2,
        err: expect.stringContaining('--threads has no effect where --backend is cpu. Leave it out.'),
      });
      expect(await train({ backend: 'cpu', threads: 2 })).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${config}:1:18: "threads" has no effect where "backend" is cpu. Leave it out.`),
      });
    });

    it('what a resumed run can’t take is told with its line', async () => {
      expect((await train({})).code).toBe(0);
      const resume = ['train', ...small, '--config', config, '--resume', join(root, 'out')];
      writeFileSync(config, '{\n  "seed": 5\n}');
      expect(await run(...resume)).toMatchObject({
        code: 2,
        err: expect.stringContaining(
          `${config}:2:3: "seed" is 1 in this run and can't become 5. Leave it out, or begin`,
        ),
      });
    });

    it('may replace a model, which a resumed run does not', async () => {
      expect((await train({})).code).toBe(0);
      writeFileSync(config, '{ "overwrite": true }');
      const resume = ['train', ...small, '--config', config, '--resume', join(root, 'out')];
      // That it has all its steps is the only reason.
      expect((await run(...resume)).err).toContain('Give more: ');
      expect(await run(...resume, '--overwrite')).toMatchObject({
        code: 2,
        err: expect.stringContaining('--overwrite has no effect with --resume. Leave it out.'),
      });
    });

    it('may name the folder that is resumed, however it is written', async () => {
      expect((await train({})).code).toBe(0);
      writeFileSync(config, JSON.stringify({ out: join(root, 'out') }));
      const { err } = await run('train', ...small, '--config', config, '--resume', `${join(root, 'out')}/`);
      expect(err).toContain('Give more: ');
    });

    it('the command line counts where both say something', async () => {
      const { code, out } = await train({ seed: 1.5, backend: 'cpu' }, '--seed', '2');
      // What is wrong in the file is wrong all the same.
      expect([code, out]).toEqual([2, '']);
      expect((await train({ backend: 'cpu' }, '--backend', 'wasm')).out).toContain('on wasm: ');
    });
  });
}
