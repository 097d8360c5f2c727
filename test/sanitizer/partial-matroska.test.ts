import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Range } from '../../src/sanitizer/index.ts';
import { readPartial } from '../../src/sanitizer/ranged/read-partial.ts';
import type { PartialResult } from '../../src/sanitizer/ranged/types.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';

/** FFmpeg arguments for a clip with a key frame every two seconds. */
const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=40,noise=alls=40', '-f', 'lavfi', '-i', 'sine=d=40'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-c:a', 'aac'],
];
const TIMES = [5, 15, 25, 35];
const VIDEO_TIMES = ['-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
/** The id of the element `Cues`. */
const CUES = Buffer.from('1c53bb6b', 'hex');

describe('key frames of a Matroska file that is partly available', () => {
  let folder: string;
  let path: string;
  let bytes: Buffer;
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-partial-'));
    path = join(folder, 'clip.mkv');
    await makeMedia(path, CLIP);
    bytes = await readFile(path);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const pictures = TIMES.map((seconds) => ({ seconds, isKey: true }));
  const read = (file: string, present: readonly Range[], wanted = pictures): PartialResult & { target: string } => {
    const target = join(folder, `out-${++count}.mkv`);
    return {
      ...readPartial({ part: 'pictures', pictures: wanted, isSought: false, path: file, present, target }),
      target,
    };
  };
  const all = (size: number) => [{ start: 0, end: size }];
  /** Returns the times of the key frames of a file. */
  const keysOf = async (file: string) => {
    const fields = ['-select_streams', 'v', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file];
    const { stdout } = await run('ffprobe', ['-v', 'error', ...fields]);
    return stdout.split('\n').flatMap((line) => (line.includes(',K') ? [Number(line.split(',')[0])] : []));
  };

  it('are copied with the start of the file, and only their ranges are requested', async () => {
    // Enlarges a range as the fetcher does, which sends no small requests.
    const enlarged = ({ start, end }: Range) => ({ start, end: Math.min(bytes.length, Math.max(end, start + 8192)) });
    const present: Range[] = [enlarged({ start: 0, end: 0 })];
    let result = read(path, present);
    for (let round = 0; 'missing' in result && round < 20; round++) {
      present.push(...[result.missing, ...result.more].map(enlarged));
      result = read(path, present);
    }
    expect(result).toMatchObject({ media: [], mediaAt: 0 });
    expect(await keysOf(result.target)).toEqual([0, 4, 14, 24, 34]);
  });

  it('are copied with all frames around pictures between the key frames, in the order of the file', async () => {
    const wanted = [
      { seconds: 25, isKey: true },
      { seconds: 15.5, isKey: false },
      { seconds: 15.9, isKey: true },
    ];
    const result = read(path, all(bytes.length), wanted);
    expect(await keysOf(result.target)).toEqual([0, 12, 14, 16, 18, 24]);
    const { stdout } = await run('ffprobe', ['-v', 'error', ...VIDEO_TIMES, result.target]);
    const times = stdout.split('\n').map(Number);
    for (let tenth = 120; tenth <= 165; tenth++) expect(times).toContain(tenth / 10);
    const end = read(path, all(bytes.length), [{ seconds: 40, isKey: false }]);
    expect((await keysOf(end.target)).slice(-2)).toEqual([36, 38]);
  });

  it('are rejected if the cues are too far apart', () => {
    expect(read(path, all(bytes.length), [{ seconds: 60, isKey: true }])).toMatchObject({ reason: /few key frames/ });
  });

  it('are read or rejected, whatever the cues declare', async () => {
    const at = bytes.lastIndexOf(CUES);
    expect(at).toBeGreaterThan(0);
    const damaged = join(folder, 'damaged.mkv');
    for (let seed = 0; seed < 100; seed++) {
      const changed = Buffer.from(bytes);
      // Changes every byte of the cues, with several values that depend only on the seed.
      changed[at + 4 + (seed % (bytes.length - at - 4))] = (seed * 151 + 7) & 0xff;
      await writeFile(damaged, changed);
      const result = read(damaged, all(bytes.length));
      expect('reason' in result || 'media' in result, JSON.stringify(result)).toBe(true);
    }
  });
});
