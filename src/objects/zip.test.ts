import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ChangedFile, zipOf, zipSize } from './zip.ts';

const GIB = 2 ** 30;

function fileOf(path: string, text: string) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { path, size: text.length, content_type: 'video/mp2t', sha256, crc32: crc32(text) };
}

async function archive(files: ReturnType<typeof fileOf>[], texts: Record<string, string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const read = async (path: string) => {
    const text = texts[path];
    return text === undefined
      ? null
      : (async function* () {
          yield* [...text].map((part) => Buffer.from(part));
        })();
  };
  for await (const chunk of zipOf(files, read)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a zip of stored files', () => {
  it('has the size that `zipSize` computes beforehand', async () => {
    const texts = { 'a.ts': 'first', 'low/b.ts': '', c: 'third' };
    const files = Object.entries(texts).map(([path, text]) => fileOf(path, text));
    expect((await archive(files, texts)).length).toBe(zipSize(files));
    expect(zipSize([])).toBe(22);
  });

  it('ends with an error when a file is missing, is longer or shorter, or has other bytes', async () => {
    const files = [fileOf('a.ts', 'first')];
    for (const text of [undefined, 'firs', 'first!', 'fIrst']) {
      await expect(archive(files, text === undefined ? {} : { 'a.ts': text })).rejects.toThrow(ChangedFile);
    }
    // A missing file has the same hash as an empty file.
    await expect(archive([fileOf('empty.ts', '')], {})).rejects.toThrow(ChangedFile);
  });

  it('has Zip64 fields for files and offsets from 4 GiB', () => {
    const small = { path: 'a', size: 1, crc32: 0 };
    const plain = 30 + 46 + 2;
    expect(zipSize([small])).toBe(plain + 1 + 22);
    // Both headers contain both sizes. The Zip64 record contains the offset of the end.
    expect(zipSize([{ ...small, size: 5 * GIB }])).toBe(plain + 5 * GIB + 2 * 20 + 98);
    expect(zipSize([{ ...small, size: 5 * GIB }, small])).toBe(2 * plain + 5 * GIB + 1 + 2 * 20 + 12 + 98);
  });
});
