import { join, normalize } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyToFolders, objectFolder, parseFolder, versionName } from './disk-layout.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('.', '/', '\0', '%', '\\', '=', '+', '&', '~', 'a', 'é', '2e'), maxLength: 200 }),
  fc.nat(300).map((length) => 'x'.repeat(length)),
);

function fromFolders(folders: string[]): string {
  const parts = folders.map((name) => {
    const { bytes, kind } = parseFolder(name)!;
    return kind === 'slash' ? Buffer.concat([bytes, Buffer.from('/')]) : bytes;
  });
  return Buffer.concat(parts).toString();
}

describe('disk layout', () => {
  it('maps any key to folders with safe names inside the root, from which the key can be read back', () => {
    fc.assert(
      fc.property(hostile, (key) => {
        const folders = keyToFolders(key);
        for (const name of folders) {
          expect(name).toMatch(/^[A-Za-z0-9_.%-]*[+&=]$/);
          expect(name.length).toBeLessThanOrEqual(255);
        }
        const path = objectFolder('/root', key);
        expect(normalize(path)).toBe(path);
        expect(path.startsWith('/root/objects/')).toBe(true);
        expect(fromFolders(folders)).toBe(key);
      }),
      { numRuns: 1000 },
    );
  });

  it('never maps two keys to one folder, nor an object folder into another', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        if (one === other) return;
        const [first, second] = [objectFolder('/r', one), objectFolder('/r', other)];
        expect(first).not.toBe(second);
        expect(`${second}/`.startsWith(`${first}/`)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the paths of 1024-byte keys below PATH_MAX, even of the keys with the longest paths', () => {
    for (const unit of ['%', '%/', '/', 'é', `${'%'.repeat(59)}/`]) {
      const key = unit.repeat(1024).slice(0, Math.floor(1024 / Buffer.byteLength(unit)) * unit.length);
      const path = join(objectFolder('/root', key), versionName(Date.now() * 1000, '/'.repeat(72)));
      expect(Buffer.byteLength(path)).toBeLessThan(3600);
    }
  });

  it('makes no file name of more than 255 bytes from the longest content type', () => {
    expect(versionName(2 ** 53 - 1, ' '.repeat(72)).length).toBeLessThanOrEqual(255);
  });

  it('parses only folder names that it can create', () => {
    for (const name of ['..', 'a', 'a%2f=', 'a b=', '%=', 'lost+found', '=x', 'é=']) {
      expect(parseFolder(name), name).toBeNull();
    }
  });
});
