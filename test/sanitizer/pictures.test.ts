import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import { differences, probed } from './info-differences.ts';
import { PICTURE_CORPUS } from './picture-corpus.ts';

const GIF_HEAD = 'GIF89a\x10\0\x10\0\0\0\0';
const PNG_HEAD = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x60\0\0\0\x40\x08\x02\0\0\0\0\0\0\0';
const APNG_HEAD = `${PNG_HEAD}\0\0\0\x08acTL\xff\xff\xff\xff\0\0\0\0\0\0\0\0`;
const JPEG_HEAD = '\xff\xd8\xff\xc0\0\x0b\x08\0\x40\0\x60\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0';

describe('a picture', () => {
  let folder: string;
  const pathOf = (entry: (typeof PICTURE_CORPUS)[number]) =>
    join(folder, `${PICTURE_CORPUS.indexOf(entry)}.${entry.file}`);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-pictures-'));
    await makeAllMedia(PICTURE_CORPUS.map((entry) => ({ path: pathOf(entry), args: entry.args })));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(PICTURE_CORPUS)('is described as ffprobe does, or is not described: $file with $name', async (entry) => {
    const path = pathOf(entry);
    const bytes = entry.altered?.(await readFile(path)) ?? (await readFile(path));
    await writeFile(path, bytes);
    const { demuxer } = (await detectMedia(bytes))!;
    const { info, container } = await sanitizeFile({ path, demuxer, target: `${path}.container`, mediaBytes: null });
    expect(container).toBe('original');
    expect(info !== null).toBe(entry.described);
    if (info) expect(differences(info, await probed(path, demuxer, bytes.length), true)).toEqual([]);
  });

  it('is described by its canvas and frames if ffprobe finds no size, as in an animated WebP', async () => {
    const path = join(folder, 'animated.webp');
    const frames = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10', '-frames:v', '3'];
    await makeAllMedia([{ path, args: [...frames, '-c:v', 'libwebp_anim'] }]);
    const read = async () =>
      (await sanitizeFile({ path, demuxer: 'webp_pipe', target: `${path}.container`, mediaBytes: null })).info;
    expect(await read()).toMatchObject({
      ...{ isImage: false, isAnimated: true, durationSeconds: 0.3 },
      video: [{ codec: 'webp', width: 96, height: 64, frames: 3, frameRate: 10 }],
    });
    const bytes = await readFile(path);
    for (const damaged of [bytes.subarray(0, -2), Buffer.concat([bytes, Buffer.alloc(2)])]) {
      await writeFile(path, damaged);
      expect(await read()).toBeNull();
    }
  });

  it.each(['rgba', 'rgb24', 'pal8', 'gray'])(
    'is described with its frames as an animated PNG in %s',
    async (format) => {
      const path = join(folder, `${format}.apng`);
      const frames = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10', '-frames:v', '5', '-pix_fmt', format];
      await makeAllMedia([{ path, args: frames }]);
      const bytes = await readFile(path);
      expect(await detectMedia(bytes)).toEqual({ mime: 'image/png', demuxer: 'apng' });
      const read = async () =>
        (await sanitizeFile({ path, demuxer: 'apng', target: `${path}.container`, mediaBytes: null })).info;
      const info = (await read())!;
      expect(info).toMatchObject({
        ...{ isImage: false, isAnimated: true, durationSeconds: 0.5 },
        video: [{ codec: 'apng', width: 96, height: 64, frames: 5, frameRate: 10 }],
      });
      const probe = (await probed(path, 'apng', bytes.length))!;
      const [known] = info.video;
      const added = { frames: known!.frames, durationSeconds: known!.durationSeconds };
      const { durationSeconds, bitRate } = info;
      const completed = { ...probe, durationSeconds, bitRate, video: [{ ...probe.video[0]!, ...added }] };
      expect(differences(info, completed, true)).toEqual([]);
      const more = Buffer.from(bytes);
      more.writeUInt32BE(9, more.indexOf('acTL') + 4);
      for (const damaged of [bytes.subarray(0, -12), Buffer.concat([bytes, Buffer.alloc(2)]), more]) {
        await writeFile(path, damaged);
        expect(await read()).toBeNull();
      }
    },
  );

  /** The files are as large as large uploads of people. The limit of the reader is ten seconds. */
  it.each([
    ['gif', 'frames without pixels', GIF_HEAD, '\x2c\0\0\0\0\x10\0\x10\0\0\x02\0', '\x3b'],
    ['png_pipe', 'chunks without content', PNG_HEAD, '\0\0\0\0IDAT\0\0\0\0', ''],
    ['apng', 'frames without pixels', APNG_HEAD, `\0\0\0\x1afcTL${'\0'.repeat(30)}`, ''],
    ['jpeg_pipe', 'bytes that could begin a marker', JPEG_HEAD, '\xff\0', '\xff\xd9'],
  ])('a picture of 16 MB is read within seconds: %s of %s', async (demuxer, _, head, repeated, tail) => {
    const path = join(folder, `hostile.${demuxer}`);
    const middle = Buffer.alloc(16 * 2 ** 20, Buffer.from(repeated, 'latin1'));
    await writeFile(path, Buffer.concat([Buffer.from(head, 'latin1'), middle, Buffer.from(tail, 'latin1')]));
    const begun = performance.now();
    const { container } = await sanitizeFile({ path, demuxer, target: `${path}.container`, mediaBytes: null });
    expect(container).toBe('original');
    expect(performance.now() - begun).toBeLessThan(8000);
  });
});
