import { createHash } from 'node:crypto';
import { appendFile, link, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipNote } from '../../../test/helpers/skip-note.ts';
import { run } from '../../../testkit/run.ts';
import { MAX_TREE_FILES } from '../../objects/tree.ts';
import { fileLimit, listDirectory, readListed } from './read-directory.ts';

const BOUNDS = { maxBytes: 1000, maxFiles: 10 };
const VIOLATION = { code: 'sandbox_violation' };

const rootNote = skipNote(process.geteuid?.() !== 0 && 'needs root');

describe('a directory that a hostile cell has filled', () => {
  let folder: string;
  let tree: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-directory-'));
    tree = join(folder, 'tree');
    await mkdir(join(tree, 'low'), { recursive: true });
    await writeFile(join(folder, 'secret'), 'a file of the host');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const put = (path: string, text = path) => writeFile(join(tree, path), text);
  const list = async (bounds = BOUNDS) =>
    (await listDirectory(tree, bounds)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const read = (path: string, size = path.length) =>
    readListed(tree, { path, size }, async (opened, facts) => ({ text: await readFile(opened, 'utf8'), facts }));

  it('is listed and read file by file, with a hash and a checksum of each file', async () => {
    await put('master.m3u8');
    await put('low/0001.ts');
    expect(await list()).toEqual([
      { path: 'low/0001.ts', size: 11 },
      { path: 'master.m3u8', size: 11 },
    ]);
    const sha256 = createHash('sha256').update('low/0001.ts').digest('hex');
    const facts = { sha256, crc32: crc32('low/0001.ts') };
    expect(await read('low/0001.ts')).toEqual({ text: 'low/0001.ts', facts });
  });

  it.each([
    ['a symbolic link', () => symlink(join(folder, 'secret'), join(tree, 'odd'))],
    ['a symbolic link instead of a directory', () => symlink(folder, join(tree, 'odd'))],
    ['a hard link', () => link(join(folder, 'secret'), join(tree, 'odd'))],
    ['a pipe', () => run('/usr/bin/mkfifo', [join(tree, 'odd')])],
    [
      'a socket',
      () =>
        new Promise((resolve) =>
          createServer()
            .unref()
            .listen(join(tree, 'odd'), () => resolve(null)),
        ),
    ],
  ])('is rejected as a violation if it contains %s, which is not opened', async (_, make) => {
    await put('file');
    await make();
    await expect(list()).rejects.toMatchObject(VIOLATION);
    await expect(read('odd', 18)).rejects.toMatchObject(VIOLATION);
  });

  it.runIf(process.geteuid?.() === 0)(`is rejected as a violation if it contains a device${rootNote}`, async () => {
    await run('/usr/bin/mknod', [join(tree, 'odd'), 'c', '1', '5']);
    await expect(list()).rejects.toMatchObject(VIOLATION);
  });

  it('is rejected if it is a link itself, or if one of its directories was replaced by a link', async () => {
    await put('low/file');
    await rename(join(tree, 'low'), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(tree, 'low'));
    await expect(read('low/file')).rejects.toMatchObject(VIOLATION);
    await symlink(folder, join(folder, 'link'));
    await expect(listDirectory(join(folder, 'link'), BOUNDS)).rejects.toMatchObject(VIOLATION);
  });

  it('is rejected if it contains more files or bytes than its bounds allow, or no files', async () => {
    await expect(list()).rejects.toMatchObject({ code: 'output_invalid' });
    for (let index = 0; index < 11; index += 1) await put(`file-${index}`, 'x');
    await expect(list()).rejects.toMatchObject({ code: 'limit_output', message: expect.stringContaining('10 files') });
    expect(await list({ maxFiles: 11, maxBytes: 11 })).toHaveLength(11);
    await expect(list({ maxFiles: 11, maxBytes: 10 })).rejects.toMatchObject({ code: 'limit_output' });
  });

  it('is limited to the number of files that a tree may have, even if its own bounds allow more', () => {
    expect([100_000, MAX_TREE_FILES + 1, 10].map((maxFiles) => fileLimit({ maxFiles }))).toEqual([
      ...[MAX_TREE_FILES, MAX_TREE_FILES, 10],
    ]);
  });

  it.each([
    ['of 255 bytes', 'x'.repeat(255)],
    ['with a space', 'a b'],
    ['with a line break', 'a\nb'],
    ['that looks like an option', '-y'],
    ['that is hidden', '.m3u8'],
    ['with a backslash', 'a\\b'],
    ['of bidirectional text', 'a\u202eb'],
  ])('is rejected if it has a file with a name %s', async (_, name) => {
    await put(name, 'x');
    await expect(list()).rejects.toMatchObject({ code: 'output_invalid' });
  });

  it('is rejected if its directories are nested too deeply', async () => {
    await mkdir(join(tree, 'a/b/c/d'), { recursive: true });
    await put('a/b/c/d/file', 'x');
    await expect(list()).rejects.toMatchObject({ code: expect.stringMatching(/sandbox_violation|output_invalid/) });
  });

  it('is rejected if a file changes after it was listed, or while it is read', async () => {
    await put('file');
    await expect(read('file', 5)).rejects.toMatchObject(VIOLATION);
    const grows = readListed(tree, { path: 'file', size: 4 }, () => appendFile(join(tree, 'file'), 'more'));
    await expect(grows).rejects.toMatchObject({
      ...VIOLATION,
      message: 'A file of the output changed while it was read.',
    });
    await put('file');
    const rewritten = readListed(tree, { path: 'file', size: 4 }, async () => {
      await put('file', 'FILE');
      await utimes(join(tree, 'file'), 0, 0);
    });
    await expect(rewritten).rejects.toMatchObject(VIOLATION);
  });
});
