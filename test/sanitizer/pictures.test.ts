import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia } from '../../src/media/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import { differences, probed } from './info-differences.ts';
import { PICTURE_CORPUS } from './picture-corpus.ts';

describe('a picture', () => {
  let folder: string;
  const pathOf = (entry: (typeof PICTURE_CORPUS)[number]) =>
    join(folder, `${PICTURE_CORPUS.indexOf(entry)}.${entry.file}`);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-pictures-'));
    await makeAllMedia(PICTURE_CORPUS.map((entry) => ({ path: pathOf(entry), args: entry.args })));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(PICTURE_CORPUS)('is described as ffprobe does, or not at all: $file with $name', async (entry) => {
    const path = pathOf(entry);
    const bytes = entry.altered?.(await readFile(path)) ?? (await readFile(path));
    await writeFile(path, bytes);
    const { demuxer } = (await detectMedia(bytes))!;
    const { info, container } = await sanitizeFile({ path, demuxer, target: `${path}.container`, mediaBytes: null });
    expect(container).toBe('original');
    expect(info !== null).toBe(entry.described);
    if (info) expect(differences(info, await probed(path, demuxer, bytes.length), true)).toEqual([]);
  });
});
