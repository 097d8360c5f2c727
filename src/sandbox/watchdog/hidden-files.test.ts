import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hidesFiles, mapsNameless } from './hidden-files.ts';

describe('files without a name', () => {
  it('are found among the open files of a process, but not in a process that has ended', () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-hidden-'));
    const path = join(folder, 'file');
    const file = openSync(path, 'w');
    expect(hidesFiles(process.pid)).toBe(false);
    unlinkSync(path);
    expect(hidesFiles(process.pid)).toBe(true);
    closeSync(file);
    rmSync(folder, { recursive: true });
    expect(hidesFiles(2 ** 22 + 1)).toBe(false);
  });

  it('do not include an open device', () => {
    const device = openSync('/dev/urandom', 'r');
    expect(hidesFiles(process.pid)).toBe(false);
    closeSync(device);
  });

  it('are found among the mapped files, which do not include shared memory', () => {
    const named =
      '7f00-7f01 r--s 00000000 08:01 42   /out/tree/a.ts\n7f02-7f03 rw-s 00000000 00:01 7   /dev/zero (deleted)';
    expect(mapsNameless(named)).toBe(false);
    expect(mapsNameless(`${named}\n7f04-7f05 r--s 00000000 08:01 43   /tree/b.ts (deleted)`)).toBe(true);
    expect(mapsNameless('7f04-7f05 r--s 00000000 08:01 43   /memfd:x (deleted)')).toBe(true);
  });
});
