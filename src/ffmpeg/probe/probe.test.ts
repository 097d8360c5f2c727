import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run } from '../../../testkit/run.ts';
import { JobFailure } from '../../contract/failures.ts';
import { checkInput } from './input-limits.ts';
import { parseProbe, probeArgs } from './probe.ts';

const file = { sizeBytes: 1000, demuxer: 'mov' };
const probe = (
  streams: unknown[],
  format: unknown = { format_name: 'mov,mp4', duration: '2.5', nb_streams: streams.length },
) => parseProbe(JSON.stringify({ streams, format }), file);
const video = (more: Record<string, unknown> = {}) => ({
  index: 0,
  codec_type: 'video',
  codec_name: 'h264',
  width: 320,
  height: 180,
  pix_fmt: 'yuv420p',
  r_frame_rate: '30/1',
  avg_frame_rate: '30/1',
  ...more,
});

describe('probeArgs', () => {
  it('returns arguments that force the demuxer, forbid every other demuxer, and end with the input', () => {
    const args = probeArgs({ path: '/in/0', demuxer: 'mov' });
    expect(args.slice(-2)).toEqual(['-i', '/in/0']);
    expect(args[args.indexOf('-f') + 1]).toBe('mov');
    expect(args[args.indexOf('-format_whitelist') + 1]).toBe('mov');
    expect(args[args.indexOf('-protocol_whitelist') + 1]).toBe('file');
  });
});

describe('ffprobe with the arguments of probeArgs', () => {
  it.each([
    ['a concat script', "ffconcat version 1.0\nfile 'other.mp4'\n"],
    ['a playlist', '#EXTM3U\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n'],
    ['a manifest', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>'],
  ])('rejects %s that claims to be a video', async (_, text) => {
    const dir = await mkdtemp(join(tmpdir(), 'airlock-probe-'));
    try {
      const path = join(dir, '0');
      await writeFile(path, text);
      for (const demuxer of ['mov', 'matroska', 'mpegts']) {
        await expect(run('ffprobe', probeArgs({ path, demuxer }))).rejects.toThrow();
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('parseProbe', () => {
  it.each([
    [90, 270, 180, 320],
    [-90, 90, 180, 320],
    [180, 180, 320, 180],
    [-180, 180, 320, 180],
    [45, 0, 320, 180],
  ])('converts the counterclockwise rotation %d to %d clockwise', (stated, rotation, width, height) => {
    const stream = probe([video({ side_data_list: [{ rotation: stated }] })]).video[0]!;
    expect([stream.rotation, stream.displayWidth, stream.displayHeight]).toEqual([rotation, width, height]);
  });

  it.each([
    ['16:9', 569, 180],
    ['9:16', 320, 320],
    ['0:1', 320, 180],
    ['1:99999', 320, 180],
  ])('applies the sample aspect ratio %s if it is plausible', (sar, width, height) => {
    const stream = probe([video({ sample_aspect_ratio: sar })]).video[0]!;
    expect([stream.displayWidth, stream.displayHeight]).toEqual([width, height]);
  });

  it('detects depth, alpha, HDR, interlacing and cover art', () => {
    const [deep, clear, cover] = probe([
      video({ pix_fmt: 'yuv420p10le', color_transfer: 'arib-std-b67', field_order: 'tt' }),
      video({ index: 1, tags: { alpha_mode: '1' } }),
      video({ index: 2, disposition: { attached_pic: 1 } }),
    ]).video;
    expect([deep!.bitDepth, deep!.isHdr, deep!.isInterlaced]).toEqual([10, true, true]);
    expect([clear!.bitDepth, clear!.hasAlpha, clear!.isHdr]).toEqual([8, true, false]);
    expect(cover!.isAttachedPicture).toBe(true);
  });

  it('keeps no free text of the file', () => {
    const info = probe([
      video({ codec_name: 'h264"><script>', pix_fmt: '/etc/passwd', tags: { title: 'secret' } }),
      {
        index: 1,
        codec_type: 'audio',
        codec_name: 'aac',
        channels: 2,
        sample_rate: '44100',
        tags: { language: 'de; rm -rf' },
      },
    ]);
    expect(JSON.stringify(info)).not.toMatch(/script|passwd|secret|rm -rf/);
    expect(info.audio[0]!.language).toBeNull();
  });

  it('fails with invalid_media for output that is not a probe, and for a file without streams', () => {
    for (const json of ['', '{', 'null', '[]', '{}', '{"streams":[]}']) {
      expect(() => parseProbe(json, file)).toThrowError(expect.objectContaining({ code: 'invalid_media' }));
    }
  });

  it('reads no words from objects that cannot become text', () => {
    const value = { toString: null };
    const names = ['codec_name', 'field_order', 'pix_fmt', 'profile'];
    const streams = names.map((name) => video({ [name]: value }));
    expect(probe(streams).video).toMatchObject(names.map(() => ({ isInterlaced: false })));
  });

  it('throws only JobFailure, and returns bounded numbers, regardless of the JSON', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('1/0', '-1', '1e400', 'NaN', '9'.repeat(30), '0:0'));
    const stream = fc.record(
      Object.fromEntries(
        [
          'index',
          'codec_name',
          'width',
          'height',
          'sample_aspect_ratio',
          'pix_fmt',
          'r_frame_rate',
          'avg_frame_rate',
          'duration',
          'bit_rate',
          'nb_frames',
          'tags',
          'disposition',
          'side_data_list',
          'channels',
        ].map((key) => [key, value]),
      ),
      { requiredKeys: [] },
    );
    const typed = fc
      .tuple(stream, fc.constantFrom('video', 'audio', 'subtitle', 'data', 7))
      .map(([rest, kind]) => ({ ...rest, codec_type: kind }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ streams: fc.array(typed), format: value })), (root) => {
        try {
          const info = parseProbe(JSON.stringify(root), file);
          for (const { width, height, displayWidth, displayHeight, frameRate } of info.video) {
            for (const size of [width, height]) expect(Number.isInteger(size) && size >= 0 && size <= 1e6).toBe(true);
            for (const size of [displayWidth, displayHeight])
              expect(Number.isInteger(size) && size >= 1 && size <= 1e7).toBe(true);
            expect(frameRate === null || (Number.isFinite(frameRate) && frameRate > 0)).toBe(true);
          }
          expect(info.durationSeconds === null || info.durationSeconds >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(JobFailure);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('checkInput', () => {
  const codeOf = (streams: unknown[], format?: unknown): string | null => {
    try {
      checkInput(probe(streams, format));
      return null;
    } catch (error) {
      return (error as JobFailure).code;
    }
  };

  it('accepts an ordinary video', () => expect(codeOf([video()])).toBeNull());
  it('accepts 8K video', () => expect(codeOf([video({ width: 7680, height: 4320 })])).toBeNull());
  it('rejects more pixels than H.264 level 6.2 allows', () =>
    expect(codeOf([video({ width: 8192, height: 4400 })])).toBe('too_many_pixels'));
  it('rejects a side that encoders cannot write', () =>
    expect(codeOf([video({ width: 20_000, height: 2 })])).toBe('too_many_pixels'));
  it('rejects more than 64 streams', () => expect(codeOf([video()], { nb_streams: 65 })).toBe('too_many_streams'));
  it('rejects a duration above twelve hours', () => expect(codeOf([video()], { duration: '43201' })).toBe('too_long'));
  it('rejects a duration of zero', () => expect(codeOf([video()], { duration: '0.000' })).toBe('empty_media'));
  it('accepts any frame rate', () => {
    for (const rate of ['0/0', '1/1', '1000/1', '100000/1'])
      expect(codeOf([video({ avg_frame_rate: rate, r_frame_rate: rate })])).toBeNull();
  });
  it('rejects a file with only subtitles and data', () =>
    expect(codeOf([{ codec_type: 'data' }])).toBe('invalid_media'));
  it('rejects a video without a size', () => expect(codeOf([video({ width: 0 })])).toBe('invalid_media'));
  it('rejects an animated WebP with unsupported_media', () =>
    expect(codeOf([video({ codec_name: 'webp', width: 0, height: 0 })])).toBe('unsupported_media'));
});

describe('the duration that a truncated AVI declares', () => {
  const avi = (frames: string, duration: string, demuxer = 'avi') => {
    const streams = [video({ avg_frame_rate: '25/1', nb_frames: frames, duration })];
    return parseProbe(JSON.stringify({ streams, format: { duration } }), { sizeBytes: 1000, demuxer });
  };

  it('is read from the number of its frames', () => {
    expect(avi('250', '6.04').truncation).toEqual({ declaredSeconds: 10 });
  });

  it('is absent from complete files and other containers', () => {
    expect(avi('250', '10').truncation).toBeUndefined();
    expect(avi('0', '10').truncation).toBeUndefined();
    expect(avi('250', '6.04', 'mov').truncation).toBeUndefined();
  });
});
