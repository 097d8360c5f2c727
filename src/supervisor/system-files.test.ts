import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { parsePasswd } from './account.ts';
import { socketUrl } from './postgres-connect.ts';
import { socketFolderFor, socketPath } from './postgres-socket.ts';
import { signal } from './process-table.ts';
import { makeSocketFolder } from './socket-folder.ts';

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await makeTestFolder());
});
afterAll(() => remove());

describe('parsePasswd', () => {
  const text =
    'root:x:0:0:root:/root:/bin/bash\nairlock2:x:7:7::/:\nairlock:x:996:995::/:/usr/sbin/nologin\nbad:x:a:1:::\n';

  it('returns the uid and gid of the account with exactly that name', () => {
    expect(parsePasswd(text, 'airlock')).toEqual({ name: 'airlock', uid: 996, gid: 995 });
    expect(parsePasswd(text, 'airloc')).toBeNull();
    expect(parsePasswd(text, 'bad')).toBeNull();
  });

  it('never returns an account with non-numeric ids, regardless of the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const account = parsePasswd(text, 'airlock');
        expect(account === null || (Number.isInteger(account.uid) && Number.isInteger(account.gid))).toBe(true);
      }),
    );
  });
});

describe('signals', () => {
  it('are never sent to all processes, a group, or init', () => {
    for (const pid of [1, 0, -1, -process.pid]) expect(() => signal(pid, 'SIGKILL')).toThrow(RangeError);
  });
});

describe('the folder of the socket', () => {
  it('is in the data directory if the path of the socket is short enough, and always allows a valid socket path', () => {
    expect(socketFolderFor('/srv/airlock/postgres', 1000, {})).toBe('/srv/airlock/postgres/socket');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
        fc.constantFrom(0, 1000),
        (name, uid) => {
          const path = socketPath(socketFolderFor(`/srv/${name}`, uid, { XDG_RUNTIME_DIR: '/run/user/1000' }));
          expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
        },
      ),
    );
  });

  it('is rejected if it is a link, or a folder that other accounts can read', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'trap'));
    await expect(makeSocketFolder(join(folder, 'trap'), null)).rejects.toThrow('belongs to another account');
    await mkdir(join(folder, 'open'), { mode: 0o755 });
    await expect(makeSocketFolder(join(folder, 'open'), null)).rejects.toThrow('belongs to another account');
  });

  it('is preserved exactly in a URL', () => {
    const path = '/a b/ü&x=%20/#?';
    expect(new URL(socketUrl(path, 'secret', 'me', 'mine')).searchParams.get('host')).toBe(path);
  });
});
