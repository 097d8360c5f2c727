import { describe, expect, it } from 'vitest';
import type { MediaInfo } from '../../ffmpeg/index.ts';
import { Unclear } from '../codecs/bits.ts';
import type { FileBytes } from '../file-bytes.ts';
import { withCover } from './cover.ts';

const TAIL = '\x08\x02\0\0\0\0\0\0\0\0\0\0\0IDAT\0\0\0\0\0\0\0\0IEND\0\0\0\0';
const png = (width: string) => Buffer.from(`\x89PNG\r\n\x1a\n\0\0\0\rIHDR${width}\0\0\0\x40${TAIL}`, 'latin1');
const SOUND = { durationSeconds: 2, streamCount: 1, video: [] } as unknown as MediaInfo;

function covered(bytes: Buffer): MediaInfo {
  const file = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
  return withCover(SOUND, file as FileBytes, [{ mime: 'image/png', type: 3, from: 0, bytes: bytes.length }]);
}

describe('a cover', () => {
  it('is a stream that lasts as long as the sound', () => {
    expect(covered(png('\0\0\0\x60'))).toMatchObject({
      streamCount: 2,
      video: [{ width: 96, height: 64, isAttachedPicture: true, durationSeconds: 2 }],
    });
  });

  it('is left to ffprobe if it declares an absurd size', () => {
    expect(() => covered(png('\x20\0\0\x60'))).toThrow(Unclear);
  });
});
