import { chmod, chown, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote } from '../../test/helpers/skip-note.ts';
import { withoutRoot } from '../../test/helpers/without-root.ts';
import { run } from '../../testkit/run.ts';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { ConfigError } from '../config/config-error.ts';
import { isRoot } from './account.ts';
import { prepareDataDir } from './data-dir.ts';

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await makeTestFolder());
});
afterAll(() => remove());

const mode = async (path: string) => (await stat(path)).mode & 0o777;
const wanted = isRoot() ? 0o711 : 0o700;

describe('the data directory', () => {
  it('is created empty, with mode 0711 for root and 0700 for other users', async () => {
    const path = join(folder, 'deep/er');
    expect(await prepareDataDir(path)).toBe(path);
    expect(await mode(path)).toBe(wanted);
    expect(await readdir(path)).toEqual([]);
  });

  it('gets mode 0711 for root and 0700 for other users if it exists with another mode', async () => {
    const path = join(folder, 'closed');
    await mkdir(path, { mode: 0o700 });
    await chmod(path, 0o755);
    await prepareDataDir(path);
    expect(await mode(path)).toBe(wanted);
  });

  it('is rejected if it contains files and other users can write to it', async () => {
    const path = join(folder, 'shared');
    await mkdir(path);
    await writeFile(join(path, 'planted'), '');
    await chmod(path, 0o777);
    await expect(prepareDataDir(path)).rejects.toThrow(/is writable by other users/);
  });

  it('can be a symbolic link', async () => {
    const target = join(folder, 'target');
    await mkdir(target);
    await symlink(target, join(folder, 'link'));
    expect(await prepareDataDir(join(folder, 'link'))).toBe(target);
  });

  it.each([
    ['a file', 'file', /AIRLOCK_DATA_DIR: .*file is not a directory/],
    ['below a file', 'file/below', /AIRLOCK_DATA_DIR: .*is below a file, not a directory/],
    ['a name that is too long', 'x'.repeat(300), /has a name that is too long/],
    [
      'below /proc, where mkdir -p of Node never returns',
      '../../proc/airlock/data',
      /\/proc\/airlock\/data cannot be created/,
    ],
    ['a name that a shell would parse', 'a"b', /contains a double quote/],
    ['a name that a shell would execute', '$(true)', /contains a double quote, dollar/],
  ])('is rejected with reason and remedy: %s', async (_, name, message) => {
    await writeFile(join(folder, 'file'), '');
    const attempt = prepareDataDir(join(folder, name));
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(message);
  });

  it.runIf(isRoot())(
    `is rejected for root when it belongs to another account${skipNote(!isRoot() && 'needs root')}`,
    async () => {
      const path = join(folder, 'theirs');
      await mkdir(path);
      await chown(path, 65534, 65534);
      await expect(prepareDataDir(path)).rejects.toThrow(/belongs to uid 65534.*chown -R 0/);
    },
  );

  it.runIf(isRoot())(
    `is rejected for root in a folder that other accounts cannot traverse${skipNote(!isRoot() && 'needs root')}`,
    async () => {
      const path = join(folder, 'private/data');
      await mkdir(path, { recursive: true });
      await chmod(join(folder, 'private'), 0o700);
      await expect(prepareDataDir(path)).rejects.toThrow(
        /private, which ordinary accounts cannot traverse.*chmod o\+x/,
      );
    },
  );

  it('is rejected for a user who cannot create it', async () => {
    await withoutRoot(() => expect(prepareDataDir('/usr/airlock')).rejects.toThrow(/is not writable/));
  });

  it.runIf(isRoot())(
    `needs space for a database only if the caller creates the database${skipNote(!isRoot() && 'needs root')}`,
    async () => {
      const disk = join(folder, 'small');
      await mkdir(disk);
      const module = JSON.stringify(new URL('data-dir.ts', import.meta.url).href);
      const script = `const { prepareDataDir } = await import(${module});
        const [, disk] = process.argv;
        const tell = (promise) => promise.then((path) => path, (error) => error.message);
        console.log(JSON.stringify([
          await tell(prepareDataDir(disk)), await tell(prepareDataDir(disk, { hasDatabase: true })),
        ]));`;
      const shell =
        'mount -t tmpfs -o size=32m,mode=711 none "$1" && exec "$2" --import tsx --input-type=module -e "$3" "$1"';
      const inside = ['sh', '-c', shell, 'sh', disk, process.execPath, script];
      const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', ...inside]);
      expect(JSON.parse(stdout)).toEqual([
        disk,
        expect.stringMatching(/has 3\d MiB free, but a new database needs 128 MiB/),
      ]);
    },
  );
});
